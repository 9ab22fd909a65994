"""GPT-2 in PyTorch, to be trained: products in bfloat16, what goes between layers in float32."""

import json
import math
import os
import sys

import torch
import torch.nn.functional as F

from tensors import read_tensors

BLOCK = 128  # rows at a time
ROWS = 1024  # of logits at a time


class Attention(torch.autograd.Function):
    """Causal attention of [heads][tokens][size] that stores no weights: a block of queries at a
    time, again on the way back (T. Dao et al., arXiv:2205.14135). The queries come scaled."""

    @staticmethod
    def blocks(q, k):
        """Where each block begins and ends, and its weights of the keys up to there."""
        later = torch.ones(BLOCK, BLOCK, dtype=torch.bool, device=q.device).triu(1)
        for begin in range(0, q.shape[1], BLOCK):
            end = min(begin + BLOCK, q.shape[1])
            scores = q[:, begin:end] @ k[:, :end].transpose(1, 2)
            scores[..., begin:].masked_fill_(later[: end - begin, : end - begin], -math.inf)
            yield begin, end, torch.softmax(scores, 2)

    @staticmethod
    def forward(context, q, k, v):
        context.save_for_backward(q, k, v)
        out = torch.empty_like(q)
        for begin, end, weights in Attention.blocks(q, k):
            out[:, begin:end] = weights @ v[:, :end]
        return out

    @staticmethod
    def backward(context, gradient):
        q, k, v = context.saved_tensors
        dq = torch.empty_like(q)
        dk, dv = (torch.zeros(k.shape, device=k.device) for _ in range(2))
        for begin, end, weights in Attention.blocks(q, k):
            here = gradient[:, begin:end]
            dv[:, :end] += weights.transpose(1, 2) @ here
            dw = here @ v[:, :end].transpose(1, 2)
            ds = torch._softmax_backward_data(dw, weights, 2, dw.dtype)
            dq[:, begin:end] = ds @ k[:, :end]
            dk[:, :end] += ds.transpose(1, 2) @ q[:, begin:end]
        return dq, dk.to(q.dtype), dv.to(q.dtype)


class Gelu(torch.autograd.Function):
    """GELU as GPT-2 has it, x * sigmoid(a x + b x^3), and its slope at once, so that the way back
    is one product; a part at a time, that stays in the cache."""

    @staticmethod
    def forward(context, x):
        y, slope = torch.empty_like(x), torch.empty_like(x)
        a = 2 * math.sqrt(2 / math.pi)
        b = a * 0.044715
        for begin in range(0, len(x), BLOCK):
            part = x[begin : begin + BLOCK].float()
            square = part * part
            share = (square * b).add_(a).mul_(part).sigmoid_()
            y[begin : begin + BLOCK] = share * part
            inner = square.mul_(3 * b).add_(a).mul_(part)
            inner.addcmul_(inner, share, value=-1).add_(1).mul_(share)
            slope[begin : begin + BLOCK] = inner
        context.save_for_backward(slope)
        return y

    @staticmethod
    def backward(context, gradient):
        return gradient * context.saved_tensors[0]


class Loss(torch.autograd.Function):
    """Mean cross entropy of h[n][width] against the embedding; its gradients are computed with it,
    so that the logits are never all there."""

    @staticmethod
    def forward(context, h, embedding, targets):
        dh = torch.empty_like(h)
        dw = torch.zeros(embedding.shape, device=h.device)
        total = 0.0
        for begin in range(0, len(h), ROWS):
            part, wanted = h[begin : begin + ROWS], targets[begin : begin + ROWS, None]
            logs = torch.log_softmax((part @ embedding.t()).float(), 1)
            total -= logs.gather(1, wanted).sum()
            slope = logs.exp_()
            slope[torch.arange(len(part)), wanted[:, 0]] -= 1
            slope = (slope / len(h)).to(h.dtype)
            dh[begin : begin + ROWS] = slope @ embedding
            dw += slope.t() @ part
        context.save_for_backward(dh, dw)
        return total / len(h)

    @staticmethod
    def backward(context, gradient):
        dh, dw = context.saved_tensors
        return dh * gradient, dw * gradient, None


class Model:
    """GPT-2 (A. Radford et al., 2019) over the tensors of a Hugging Face directory."""

    def __init__(self, directory, device):
        self.entries, self.weights = {}, {}
        for name, entry, data in read_tensors(directory):
            if entry["dtype"] != "F32":
                sys.exit(f"pretrain.py: {name} is not in float32.")
            values = torch.frombuffer(bytearray(data), dtype=torch.float32).view(entry["shape"])
            self.entries[name] = entry
            self.weights[name.replace("transformer.", "")] = values.to(device).requires_grad_()
        with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.layers, self.heads = config["n_layer"], config["n_head"]

    def matrix(self, name):
        """Is it one of those inside blocks?"""
        return name.startswith("h.") and self.weights[name].dim() == 2

    def norm(self, x, name):
        w = self.weights
        return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"]).bfloat16()

    def linear(self, x, name):
        w = self.weights
        return torch.addmm(w[name + ".bias"].bfloat16(), x, w[name + ".weight"].bfloat16())

    def attend(self, x, name, batch):
        tokens, size = len(x) // batch, x.shape[1] // self.heads
        parts = self.linear(x, name + ".c_attn").view(batch, tokens, 3, self.heads, size)
        out = []
        for each in parts.permute(0, 2, 3, 1, 4).unbind():
            q, k, v = each.unbind()
            out.append(Attention.apply(q * size**-0.5, k.contiguous(), v.contiguous()))
        y = torch.stack(out).transpose(1, 2).reshape(x.shape)
        return self.linear(y, name + ".c_proj")

    def loss(self, windows):
        """Of windows [batch][tokens + 1]."""
        w, (batch, length) = self.weights, windows.shape
        x = F.embedding(windows[:, :-1], w["wte.weight"]) + w["wpe.weight"][: length - 1]
        x = x.view(batch * (length - 1), -1)
        for layer in range(self.layers):
            h = f"h.{layer}."
            x = x + self.attend(self.norm(x, h + "ln_1"), h + "attn", batch)
            y = self.linear(self.norm(x, h + "ln_2"), h + "mlp.c_fc")
            x = x + self.linear(Gelu.apply(y), h + "mlp.c_proj")
        x = self.norm(x, "ln_f")
        return Loss.apply(x, w["wte.weight"].bfloat16(), windows[:, 1:].reshape(-1))

    def tensors(self):
        for name, entry in self.entries.items():
            values = self.weights[name.replace("transformer.", "")].detach().cpu()
            yield name, entry, values.numpy().tobytes()
