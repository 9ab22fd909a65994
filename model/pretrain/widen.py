#!/usr/bin/env python3
"""A GPT-2 twice as wide that computes what the narrow one does, to be taught further.

usage: widen.py DIR TO_DIR

DIR is a Hugging Face directory in float32. Every number between layers is there twice, and twice as
many heads look; what a matrix takes from the two halves adds up to what it took, shared out between
them at random, so that the halves learn different things (M. Samragh et al., "Scaling Smart", 2024,
arXiv:2409.12903). Only Python's standard library is needed.
"""

import array
import json
import os
import random
import statistics
import sys

from tensors import read_tensors, write_model

# How far from a half a share lies, by the matrix's standard deviation: the wide matrix then has about
# the norm that training would give it.
SPREAD = 0.5


def twice(values):
    return values + values


def widen_vector(values, parts):
    """[parts * n] to [parts * 2n]: queries, keys and values are parts of one vector."""
    size = len(values) // parts
    return sum((twice(values[p * size : (p + 1) * size]) for p in range(parts)), array.array("f"))


def widen_matrix(values, columns, parts, chance):
    """[ins][parts * n] to [2 ins][parts * 2n]."""
    spread = SPREAD * statistics.pstdev(values)
    upper, lower = array.array("f"), array.array("f")
    for at in range(0, len(values), columns):
        for value in widen_vector(values[at : at + columns], parts):
            share = value / 2 + chance.gauss(0, spread)
            upper.append(share)
            lower.append(value - share)
    return upper + lower


def widen(name, shape, values, chance):
    """The wide tensor and its shape."""
    parts = 3 if "c_attn" in name else 1
    if "wte" in name or "wpe" in name:
        width = shape[1]
        rows = (twice(values[at : at + width]) for at in range(0, len(values), width))
        return [shape[0], 2 * width], array.array("f", (x for row in rows for x in row))
    if len(shape) == 2:
        return [2 * n for n in shape], widen_matrix(values, shape[1], parts, chance)
    if "ln_f" in name:  # two halves, each of which the output embedding would count whole
        values = array.array("f", (x / 2 for x in values))
    return [2 * shape[0]], widen_vector(values, parts)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = sys.argv[1:]
    chance = random.Random(1)
    tensors = []
    for name, entry, data in read_tensors(source):
        if entry["dtype"] != "F32":
            sys.exit(f"widen.py: {name} is not in float32.")
        shape, values = widen(name, entry["shape"], array.array("f", data), chance)
        tensors.append((name, dict(entry, shape=shape), values.tobytes()))
    write_model(source, target, tensors)
    path = os.path.join(target, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    config["n_embd"] *= 2
    config["n_head"] *= 2
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
