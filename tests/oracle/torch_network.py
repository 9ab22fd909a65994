"""What model/pretrain/network.py computes by hand, beside PyTorch's own ways to it.

usage: torch_network.py PRETRAIN DIR TOKENS

PRETRAIN is the folder of network.py, DIR a model in F32, TOKENS a JSON array. Prints the mean of
-log p in nats of the tokens after the first; fails where a result or a gradient is another.
"""
import json
import math
import sys

sys.path.insert(0, sys.argv[1])

import torch
import torch.nn.functional as F

import network


def attention(q, k, v):
    later = torch.ones(q.shape[1], q.shape[1], dtype=torch.bool).triu(1)
    return torch.softmax((q @ k.transpose(1, 2)).masked_fill(later, -math.inf), 2) @ v


def same(name, ours, theirs, inputs):
    """Are results and gradients equal?"""
    found = []
    for function in (ours, theirs):
        leaves = [x.clone().requires_grad_() for x in inputs]
        result = function(*leaves)
        result.backward(torch.linspace(-1, 2, result.numel()).view(result.shape))
        found.append([result.detach()] + [leaf.grad for leaf in leaves])
    for a, b in zip(*found):
        apart = float((a - b).norm() / b.norm())
        if not apart < 1e-5:
            sys.exit(f"{name} differs by {apart}")


torch.manual_seed(1)
same("attention", network.Attention.apply, attention, list(torch.randn(3, 4, 300, 16)))
same(
    "GELU",
    network.Gelu.apply,
    lambda x: F.gelu(x, approximate="tanh"),
    [3 * torch.randn(300, 40)],
)
targets = torch.randint(500, (2500,))
same(
    "the loss",
    lambda h, w: network.Loss.apply(h, w, targets),
    lambda h, w: F.cross_entropy(h @ w.t(), targets),
    [torch.randn(2500, 32), torch.randn(500, 32)],
)
with open(sys.argv[3]) as file:
    print(float(network.Model(sys.argv[2], "cpu").loss(torch.tensor([json.load(file)]))))
