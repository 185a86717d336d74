#!/usr/bin/env python3
"""The PyTorch twin of nice: one joint training step of preset mnist with alternating halves.

Cases, by how the gradient is found: kept (one autograd graph through all couplings) and reconstructed (couplings undone
from the top; autograd inside one coupling at a time). torch.optim.Adam in a loop or with foreach: the fastest variant is
served.
"""

import math

import torch
import torch.nn.functional as F
from serve import serve

RATE, SCALE_RATE, BETAS, EPSILON = 4e-3, 10, (0.9, 0.99), 1e-4
LEVELS = 256


class Coupling:
    def __init__(self, start, k, order, kept):
        count = sum(f"couplings.{k}.layers." in name for name in start.state) // 2
        self.layers = [start.dense(f"couplings.{k}.layers.{i}") for i in range(count)]
        self.scale = start.parameter(f"couplings.{k}.scale")
        self.kept = kept
        self.unit = start.state["unit"][order[kept:]]
        self.weights = [p for layer in self.layers for p in layer]

    def shift(self, a):
        for weight, bias in self.layers[:-1]:
            a = torch.relu(torch.addmm(bias, a, weight))
        weight, bias = self.layers[-1]
        return torch.addmm(bias, a, weight) * self.unit

    def forward(self, a, b):
        factors = self.scale.exp()
        return a * factors[: self.kept], (b + self.shift(a)) * factors[self.kept :]

    def undo(self, a, b):
        """The inputs as leaves, and the outputs computed from them with the same shift."""
        with torch.no_grad():
            factors = self.scale.exp()
            a, above = a / factors[: self.kept], b / factors[self.kept :]
        a.requires_grad_()
        shift = self.shift(a)
        b = (above - shift.detach()).requires_grad_()
        factors = self.scale.exp()
        return (a, b), (a * factors[: self.kept], (b + shift) * factors[self.kept :])


def make_steps(case, start):
    count = 1 + max(int(name.split(".")[1]) for name in start.state if name.startswith("couplings."))
    size = len(start.state["unit"])
    even, odd = torch.arange(0, size, 2), torch.arange(1, size, 2)
    orders = [torch.cat([even, odd] if k % 2 == 0 else [odd, even]) for k in range(count)]

    def make(foreach):
        couplings = [Coupling(start, k, orders[k], len(odd if k % 2 else even)) for k in range(count)]
        centre, unit = start.state["centre"], start.state["unit"]
        places = [torch.argsort(order) for order in orders]
        # From the order of each coupling into that of the next one, and back.
        into = [orders[0]] + [places[k - 1][orders[k]] for k in range(1, count)]
        back = [torch.argsort(order) for order in into]
        end_unit = unit[orders[-1]]
        groups = [
            {"params": [p for own in couplings for p in own.weights], "lr": RATE},
            {"params": [own.scale for own in couplings], "lr": RATE * SCALE_RATE},
        ]
        optimizer = torch.optim.Adam(groups, betas=BETAS, eps=EPSILON, foreach=foreach)

        def prior(h):
            z = h / end_unit
            return -(F.softplus(z) + F.softplus(-z)).sum(1)

        def walk(h):
            for k, own in enumerate(couplings):
                h = torch.cat(own.forward(*h[:, into[k]].split([own.kept, size - own.kept], 1)), 1)
            return h

        def step(index):
            batch = start.batch(index)
            x = (batch["x"].flatten(1) * (LEVELS - 1) + batch["noise.grey"]) / LEVELS
            optimizer.zero_grad(set_to_none=True)
            determinant = sum(own.scale.sum() for own in couplings) - unit.log().sum()
            if case == "kept":
                nats = prior(walk(x - centre)).mean() + determinant
                (-nats).backward()
            else:
                with torch.no_grad():
                    h = walk(x - centre)
                h.requires_grad_()
                nats = prior(h).mean() + determinant
                (-nats).backward()
                slope = h.grad
                with torch.no_grad():
                    h = h.detach()
                for k in reversed(range(count)):
                    own = couplings[k]
                    parts = [own.kept, size - own.kept]
                    inputs, outputs = own.undo(*h.split(parts, 1))
                    torch.autograd.backward(outputs, slope.split(parts, 1))
                    h = torch.cat([part.detach() for part in inputs], 1)[:, back[k]]
                    slope = torch.cat([part.grad for part in inputs], 1)[:, back[k]]
            optimizer.step()
            nats = nats.detach()
            return {"nats": nats, "bits": (math.log(LEVELS) - nats / size) / math.log(2)}

        return step

    return {"loop": make(False), "foreach": make(True)}


if __name__ == "__main__":
    serve(make_steps)
