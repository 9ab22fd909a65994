"""The loss and every gradient of a GPT-2 by PyTorch's automatic differentiation.

usage: torch_gradients.py DIR

Reads from DIR: shape.txt (layers heads width context vocab batch length epsilon), parameters.f32
(all tensors in file order), inputs.i32, targets.i32 ([batch][length], negative: not counted),
starts.i32 ([batch], each window's first position). Writes expected.f32: the gradients of the
summed loss in the same order, then the loss. Computes in double precision.
"""
import sys

import torch
import torch.nn.functional as F


def tensor_shapes(layers, width, context, vocab):
    yield (vocab, width)
    yield (context, width)
    for _ in range(layers):
        yield from [(width,), (width,), (width, 3 * width), (3 * width,), (width, width), (width,),
                    (width,), (width,), (width, 4 * width), (4 * width,), (4 * width, width),
                    (width,)]
    yield from [(width,), (width,)]


def attention(x, heads):
    batch, length, width = x.shape
    query, key, value = (part.view(batch, length, heads, -1).transpose(1, 2)
                         for part in x.split(width // 3, dim=2))
    scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(later, float("-inf")).softmax(-1)
    return (weights @ value).transpose(1, 2).reshape(batch, length, -1)


def gelu(x):
    return 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x ** 3)))


def forward(tensors, layers, heads, epsilon, inputs, positions):
    wte, wpe = tensors[:2]
    width = wte.shape[1]
    x = wte[inputs] + wpe[positions]
    for layer in range(layers):
        g1, b1, wa, ba, wp, bp, g2, b2, wf, bf, wo, bo = tensors[2 + 12 * layer:14 + 12 * layer]
        x = x + attention(F.layer_norm(x, (width,), g1, b1, epsilon) @ wa + ba, heads) @ wp + bp
        x = x + gelu(F.layer_norm(x, (width,), g2, b2, epsilon) @ wf + bf) @ wo + bo
    return F.layer_norm(x, (width,), tensors[-2], tensors[-1], epsilon) @ wte.T


def read(directory, name, kind):
    with open(f"{directory}/{name}", "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=kind)


def main(directory):
    with open(f"{directory}/shape.txt", encoding="ascii") as file:
        *sizes, epsilon = file.read().split()
    layers, heads, width, context, vocab, batch, length = map(int, sizes)
    flat = read(directory, "parameters.f32", torch.float32).double()
    tensors, at = [], 0
    for shape in tensor_shapes(layers, width, context, vocab):
        count = int(torch.tensor(shape).prod())
        tensors.append(flat[at:at + count].view(shape).clone().requires_grad_())
        at += count
    inputs = read(directory, "inputs.i32", torch.int32).long().view(batch, length)
    targets = read(directory, "targets.i32", torch.int32).long()
    starts = read(directory, "starts.i32", torch.int32).long()
    positions = starts[:, None] + torch.arange(length)
    logits = forward(tensors, layers, heads, float(epsilon), inputs, positions)
    loss = F.cross_entropy(logits.view(-1, vocab), targets, ignore_index=-1, reduction="sum")
    loss.backward()
    parts = [tensor.grad.flatten() for tensor in tensors] + [loss.detach().view(1)]
    with open(f"{directory}/expected.f32", "wb") as file:
        file.write(torch.cat(parts).float().numpy().tobytes())


main(sys.argv[1])
