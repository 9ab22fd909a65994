"""The mean of -log p in nats that a GPT-2 in PyTorch gives to tokens.

usage: torch_perplexity.py DIR < TOKENS

DIR is a Hugging Face directory with F32 weights (safetensors are read by hand here), TOKENS a JSON
array. Windows of the full context without overlap, the first token of each window given.
"""
import json
import math
import struct
import sys

import torch
import torch.nn.functional as F


def load(directory):
    with open(directory + "/config.json") as file:
        config = json.load(file)
    with open(directory + "/model.safetensors", "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, about in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            assert about["format"] == "pt"
            continue
        assert about["dtype"] == "F32"
        begin, end = about["data_offsets"]
        values = torch.frombuffer(bytearray(data[8 + length + begin:8 + length + end]), dtype=torch.float32)
        tensors[name] = values.view(about["shape"])
    return config, tensors


def logits(config, p, tokens):
    heads, width, eps = config["n_head"], config["n_embd"], config["layer_norm_epsilon"]

    def norm(x, name):
        return F.layer_norm(x, (width,), p[name + ".weight"], p[name + ".bias"], eps)

    def linear(x, name):  # Hugging Face's Conv1D: weights are [in, out]
        return x @ p[name + ".weight"] + p[name + ".bias"]

    def gelu(x):
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))

    count = len(tokens)
    future = torch.triu(torch.ones(count, count, dtype=torch.bool), 1)
    x = p["wte.weight"][tokens] + p["wpe.weight"][:count]
    for layer in range(config["n_layer"]):
        h = "h.%d." % layer
        q, k, v = linear(norm(x, h + "ln_1"), h + "attn.c_attn").split(width, 1)
        q, k, v = (t.view(count, heads, width // heads).transpose(0, 1) for t in (q, k, v))
        scores = (q @ k.transpose(1, 2) / math.sqrt(width // heads)).masked_fill(future, -math.inf)
        mixed = (scores.softmax(2) @ v).transpose(0, 1).reshape(count, width)
        x = x + linear(mixed, h + "attn.c_proj")
        x = x + linear(gelu(linear(norm(x, h + "ln_2"), h + "mlp.c_fc")), h + "mlp.c_proj")
    return norm(x, "ln_f") @ p["wte.weight"].T


def main():
    config, tensors = load(sys.argv[1])
    tokens = torch.tensor(json.load(sys.stdin))
    total, predicted = 0.0, 0
    with torch.no_grad():
        for at in range(0, len(tokens) - 1, config["n_positions"]):
            window = tokens[at:at + config["n_positions"]]
            out = logits(config, tensors, window)[:-1]
            total += F.cross_entropy(out.double(), window[1:], reduction="sum").item()
            predicted += len(window) - 1
    print("%.9f" % (total / predicted))


main()
