"""Hugging Face directories in float32, read and written with Python's standard library alone."""

import json
import os
import shutil
import struct

FILE = "model.safetensors"


def read_tensors(directory):
    """The model's tensors, (name, entry, bytes) each, in the order its file stores them."""
    with open(os.path.join(directory, FILE), "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"][0]):
            begin, end = entry["data_offsets"]
            file.seek(8 + length + begin)
            yield name, entry, file.read(end - begin)


def write_model(like, directory, tensors):
    """A new directory with these tensors, and what else stands in `like`."""
    others = shutil.ignore_patterns("*.safetensors", "*.pt", "loss.*")
    shutil.copytree(like, directory, ignore=others)
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, entry, data in tensors:
        header[name] = dict(entry, data_offsets=[offset, offset + len(data)])
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(directory, FILE), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in tensors:
            file.write(data)
