"""How fast PyTorch takes whole training steps (forward, backward, AdamW) of a GPT-2 in fp32.

usage: torch_speed.py LAYERS HEADS WIDTH VOCAB BATCH LENGTH STEPS THREADS

Prints the median step's tokens a second. The model is plain eager PyTorch: its own embedding,
linear and norm layers, masked attention, tanh GELU, output matrix tied to the embedding.
"""
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        mask = torch.ones(context, context, dtype=torch.bool).triu(1)
        self.register_buffer("later", mask, persistent=False)

    def attend(self, x):
        batch, length, width = x.shape
        query, key, value = (part.view(batch, length, self.heads, -1).transpose(1, 2)
                             for part in self.qkv(x).split(width, dim=2))
        scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5)
        weights = scores.masked_fill(self.later[:length, :length], float("-inf")).softmax(-1)
        return self.projection((weights @ value).transpose(1, 2).reshape(batch, length, width))

    def forward(self, x):
        x = x + self.attend(self.ln_1(x))
        return x + self.down(F.gelu(self.up(self.ln_2(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self, layers, heads, width, vocab, context):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads, context) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


def main(layers, heads, width, vocab, batch, length, steps, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = Model(layers, heads, width, vocab, 1024)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, foreach=True)
    times = []
    for _ in range(steps):
        tokens = torch.randint(vocab, (batch, length + 1))
        start = time.monotonic()
        logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.view(-1, vocab), tokens[:, 1:].reshape(-1))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        times.append(time.monotonic() - start)
    print(f"{batch * length / sorted(times)[steps // 2]:.1f} tokens/s")


main(*map(int, sys.argv[1:]))
