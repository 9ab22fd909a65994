#!/usr/bin/env python3
"""Teaches a GPT-2 prose by PyTorch, with products in bfloat16: faster than `feverdream train` where
the machine has such products (AVX-512 BF16, AMX, a GPU), for hours of training from books.

usage: pretrain.py FEVERDREAM TEXT... --from DIR --to DIR [--steps N] [--batch B] [--context T]
                   [--rate X] [--warmup N] [--seed N] [--save MINUTES]

DIR of --from is a Hugging Face directory in float32; FEVERDREAM, the program, turns the texts into
its tokens. Weights, gradients and what goes from layer to layer stay float32. Muon turns the
matrices inside blocks (K. Jordan et al., 2024; scaled as in J. Liu et al., arXiv:2502.16982), AdamW
the rest; the rate falls in a straight line to zero (S. Bergsma et al., arXiv:2502.15938). Every
--save minutes the model is written to the other directory, with what it takes to go on: the same
command again does, and ends as it would have.
"""

import argparse
import array
import math
import os
import shutil
import subprocess
import sys
import time

import torch

from network import Model
from tensors import write_model

DECAY = 0.1  # of weights, by the rate
STATE = "training.pt"


def orthogonal(x):
    """Newton and Schulz's iteration in bfloat16."""
    tall = x.shape[0] > x.shape[1]
    x = (x.t() if tall else x).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.t()
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return (x.t() if tall else x).float()


class Optimiser:
    """Muon for the matrices inside blocks, AdamW for the rest, as model/optimiser.c."""

    def __init__(self, model):
        self.model, self.taken = model, 0
        self.first = {name: torch.zeros_like(w) for name, w in model.weights.items()}
        self.second = {
            name: torch.zeros_like(w) for name, w in model.weights.items() if not model.matrix(name)
        }

    @torch.no_grad()
    def step(self, rate):
        self.taken += 1
        weights = self.model.weights
        norm = math.sqrt(sum(float(w.grad.square().sum()) for w in weights.values()))
        for name, w in weights.items():
            g, first = w.grad / max(norm, 1.0), self.first[name]
            if self.model.matrix(name) or name == "wte.weight":
                w.mul_(1.0 - rate * DECAY)
            if self.model.matrix(name):
                first.mul_(0.95).add_(g)
                parts = (g + 0.95 * first).split(w.shape[0] if "c_attn" in name else w.shape[1], 1)
                scale = 0.2 * math.sqrt(max(parts[0].shape))
                w.sub_(torch.cat([orthogonal(p) for p in parts], 1), alpha=rate * scale)
            else:
                first.mul_(0.9).add_(g, alpha=0.1)
                second = self.second[name].mul_(0.95).addcmul_(g, g, value=0.05)
                spread = (second / (1 - 0.95**self.taken)).sqrt() + 1e-8
                w.addcdiv_(first, spread, value=-rate / (1 - 0.9**self.taken))
            w.grad = None

    def save(self, like, directory):
        """A new directory takes the old one's place when it is whole."""
        fresh = directory.rstrip("/") + ".new"
        shutil.rmtree(fresh, ignore_errors=True)
        write_model(like, fresh, list(self.model.tensors()))
        torch.save((self.taken, self.first, self.second), os.path.join(fresh, STATE))
        shutil.rmtree(directory, ignore_errors=True)
        os.rename(fresh, directory)

    def load(self, directory):
        """Goes on from what `save` left there, if it did."""
        path = os.path.join(directory, STATE)
        if os.path.exists(path):
            self.taken, self.first, self.second = torch.load(path)
            for name, w in Model(directory, "cpu").weights.items():
                self.model.weights[name].data.copy_(w)


def tokens_of(program, directory, texts):
    """All of them, in a row."""
    ids = array.array("H")
    command = [program, "tokenize", "--model", os.path.join(directory, "")]
    for text in texts:
        with open(text, "rb") as file:
            said = subprocess.run(command, stdin=file, stdout=subprocess.PIPE, check=True).stdout
        ids.extend(map(int, said.strip(b"[]\n").split(b",")))
    return torch.frombuffer(ids, dtype=torch.int16)


def windows_of(ids, options, step):
    """The step's windows: the text's in a random order, another in every pass."""
    length = options.context
    in_pass = (len(ids) - 1) // length - 1
    windows = []
    for at in range(step * options.batch, (step + 1) * options.batch):
        chance = torch.Generator().manual_seed(options.seed * 1000 + at // in_pass)
        shift = int(torch.randint(length, (1,), generator=chance))
        order = torch.randperm(in_pass, generator=chance)
        begin = shift + int(order[at % in_pass]) * length
        windows.append(ids[begin : begin + length + 1])
    return torch.stack(windows).long() & 0xFFFF


def parse():
    parser = argparse.ArgumentParser(usage=__doc__[__doc__.index("pretrain.py") :])
    parser.add_argument("program")
    parser.add_argument("text", nargs="+")
    parser.add_argument("--from", dest="source", required=True)
    parser.add_argument("--to", dest="target", required=True)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=float, default=10.0)
    return parser.parse_args()


def main():
    options = parse()
    ids = tokens_of(options.program, options.source, options.text)
    if len(ids) <= 2 * options.context:
        sys.exit(f"pretrain.py: {len(ids)} tokens are fewer than two windows of {options.context}.")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = Model(options.source, device)
    optimiser = Optimiser(model)
    optimiser.load(options.target)
    began = saved = time.monotonic()
    begun = optimiser.taken
    for step in range(begun, options.steps):
        loss = model.loss(windows_of(ids, options, step).to(device))
        loss.backward()
        rate = options.rate * min((step + 1) / options.warmup, 1 - step / options.steps)
        optimiser.step(rate)
        now = time.monotonic()
        each = (now - began) / (step + 1 - begun)
        print(
            f"step {step + 1}/{options.steps}  loss {float(loss):.4f}  rate {rate:.2e}  "
            f"{options.batch * options.context / each:.0f} tokens/s  "
            f"{each * (options.steps - step - 1) / 60:.0f} min left",
            flush=True,
        )
        if now - saved > 60 * options.save or step + 1 == options.steps:
            optimiser.save(options.source, options.target)
            saved = now


if __name__ == "__main__":
    main()
