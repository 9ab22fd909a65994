#!/usr/bin/env python3
"""The weighted mean of models' weights.

usage: mean.py DIR=SHARE... TO_DIR

Each DIR is a Hugging Face directory in float32, all of one shape, such as stages of one training; the
mean often predicts better than any (M. Wortsman et al., "Model soups", 2022, arXiv:2203.05482). Shares
are of their sum. Only Python's standard library is needed.
"""

import array
import sys

from tensors import read_tensors, write_model


def add(sum_of, tensors, share):
    """Adds a model's tensors, by their share, to a mapping of names to shapes and sums."""
    for name, entry, data in tensors:
        shape, before = sum_of.setdefault(name, (entry["shape"], None))
        if entry["dtype"] != "F32" or entry["shape"] != shape:
            sys.exit(f"mean.py: {name} is not a float32 tensor of one shape in all models.")
        values = array.array("f", data)
        before = before or array.array("d", bytes(8 * len(values)))
        sum_of[name] = shape, array.array("d", (b + share * x for b, x in zip(before, values)))


def main():
    parts = [part.rpartition("=") for part in sys.argv[1:-1]]
    if not parts or not all(directory for directory, _, _ in parts):
        sys.exit(__doc__)
    total = sum(float(share) for _, _, share in parts)
    sums = {}
    for directory, _, share in parts:
        add(sums, read_tensors(directory), float(share) / total)
    first = parts[0][0]
    tensors = [
        (name, entry, array.array("f", sums[name][1]).tobytes())
        for name, entry, _ in read_tensors(first)
    ]
    write_model(first, sys.argv[-1], tensors)


if __name__ == "__main__":
    main()
