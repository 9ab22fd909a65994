#!/usr/bin/env python3
"""The weighted mean of two models' weights.

usage: mean.py DIR_A DIR_B SHARE_OF_A TO_DIR

Both are Hugging Face directories in float32 of one shape, such as two stages of one training; the
mean often predicts better than either (M. Wortsman et al., "Model soups", 2022, arXiv:2203.05482).
Only Python's standard library is needed.
"""

import array
import json
import os
import shutil
import struct
import sys


def read_safetensors(path):
    """The file's tensors, (name, entry, bytes) each, in the order it stores them."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"][0]):
            begin, end = entry["data_offsets"]
            file.seek(8 + length + begin)
            yield name, entry, file.read(end - begin)


def write_safetensors(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, entry, data in tensors:
        header[name] = dict(entry, data_offsets=[offset, offset + len(data)])
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in tensors:
            file.write(data)


def mean_of(a, b, share):
    first, second = array.array("f", a), array.array("f", b)
    return array.array("f", (share * x + (1 - share) * y for x, y in zip(first, second))).tobytes()


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    source_a, source_b, share, target = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
    others = {}
    for name, entry, data in read_safetensors(os.path.join(source_b, "model.safetensors")):
        others[name] = (entry, data)
    tensors = []
    for name, entry, data in read_safetensors(os.path.join(source_a, "model.safetensors")):
        other, its = others.get(name, ({}, b""))
        if entry["dtype"] != "F32" or (other.get("dtype"), other.get("shape")) != (
            "F32",
            entry["shape"],
        ):
            sys.exit(f"mean.py: {name} is not a float32 tensor of one shape in both models.")
        tensors.append((name, entry, mean_of(data, its, share)))
    shutil.copytree(source_a, target, ignore=shutil.ignore_patterns("*.safetensors"))
    write_safetensors(os.path.join(target, "model.safetensors"), tensors)


if __name__ == "__main__":
    main()
