#!/usr/bin/env python3
"""The PyTorch twin of predictive coding: one training step, as fast as PyTorch does it on this CPU.

Cases (rule, preset, batch):
    pc-alm      predictive-coding, preset fashion-mnist, batch 64
    pc          the same with method=pc
    reverse     the same with sweep=reverse

A step is a forward pass, T turns of the relaxation and one update of all weights. The hidden layers of equal width are one
stack, so that a turn is two batched products; a reverse sweep goes down layer by layer after them. There is no gradient to
derive, so autograd is not used: the slopes are the closed form. Variants: torch.optim, or the same update by hand in place.

    python3 bench/twins/predictive_coding_twin.py --case pc-alm --threads 2
"""

import math

import torch

from serve import serve

CLASSES, DEPTH, WIDTH = 10, 32, 32
ALPHA, RATE = 18, 0.032
CASES = {
    "pc-alm": {"multipliers": True, "sweep": "jacobi"},
    "pc": {"multipliers": False, "sweep": "jacobi"},
    "reverse": {"multipliers": True, "sweep": "reverse"},
}


def adam_in_place(parameters, rate):
    """Adam in six passes, with no tensor made."""
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8
    states = [tuple(torch.zeros_like(p) for _ in range(3)) for p in parameters]
    count = 0

    def update(gradients):
        nonlocal count
        count += 1
        correction = math.sqrt(1 - beta2**count)
        for p, g, (first, second, scratch) in zip(parameters, gradients, states):
            first.mul_(beta1).add_(g, alpha=1 - beta1)
            second.mul_(beta2).addcmul_(g, g, value=1 - beta2)
            torch.sqrt(second, out=scratch).add_(epsilon * correction)
            p.addcdiv_(first, scratch, value=-rate / (1 - beta1**count) * correction)

    return update


def adam_of_library(parameters, rate):
    optimizer = torch.optim.Adam([torch.nn.Parameter(p, requires_grad=False) for p in parameters], lr=rate, foreach=True)
    held = optimizer.param_groups[0]["params"]

    def update(gradients):
        for p, g in zip(held, gradients):
            p.grad = g
        optimizer.step()

    return update


def make_step(case, start, optimizer):
    first, middle, last = (start.parameter(f"weights.{name}", False) for name in ("first", "middle", "last"))
    eta = float(start.state["eta"])
    update = optimizer([first, middle, last], RATE * math.sqrt(WIDTH / DEPTH))
    s_first, s_middle, s_last = first.shape[0] ** -0.5, (WIDTH * DEPTH) ** -0.5, 1 / WIDTH
    images = [batch["x"].flatten(1) for batch in start.batches]
    targets = [
        torch.nn.functional.one_hot(batch["labels"], CLASSES).to(torch.get_default_dtype()) for batch in start.batches
    ]
    hidden = DEPTH - 1

    @torch.no_grad()
    def step(index):
        x, y = images[index % start.count], targets[index % start.count]
        rows = len(x)
        up, out = middle * s_middle, last * s_last
        down, out_t = up.transpose(1, 2).contiguous(), out.t().contiguous()
        z = x.new_empty(hidden, rows, WIDTH)
        torch.mm(x, first, out=z[0]).mul_(s_first)
        drive = z[0].clone()
        for l in range(1, hidden):
            torch.addmm(z[l - 1], z[l - 1].relu(), up[l - 1], out=z[l])
        loss = (z[-1].relu().mm(out) - y).square_().sum() / (2 * rows)

        def constraints():
            c = torch.empty_like(z)
            torch.sub(z[0], drive, out=c[0])
            predicted = torch.baddbmm(z[:-1], z[:-1].relu(), up)
            torch.sub(z[1:], predicted, out=c[1:])
            return c

        multipliers = torch.zeros_like(z) if case["multipliers"] else None
        for _ in range(2 * DEPTH):
            u = constraints()
            if multipliers is not None:
                multipliers.add_(u, alpha=ALPHA)
                u += multipliers
            slope = u.clone()
            pulled = torch.bmm(u[1:], down).mul_(z[:-1] > 0)
            slope[:-1] -= pulled
            slope[:-1] -= u[1:]
            error = y - z[-1].relu().mm(out)
            slope[-1] -= error.mm(out_t).mul_(z[-1] > 0)
            if case["sweep"] == "jacobi":
                z.sub_(slope, alpha=eta)
            else:
                moves = slope.mul_(-eta)
                for l in range(hidden - 2, -1, -1):
                    above = moves[l + 1]
                    moves[l].add_(above.mm(down[l]).mul_(z[l] > 0).add_(above), alpha=eta)
                z.add_(moves)

        u = constraints()
        if multipliers is not None:
            u += multipliers
        activity = z.relu()
        error = activity[-1].mm(out) - y
        update([
            torch.mm(x.t(), u[0]).mul_(-s_first / rows),
            torch.bmm(activity[:-1].transpose(1, 2), u[1:]).mul_(-s_middle / rows),
            torch.mm(activity[-1].t(), error).mul_(s_last / rows),
        ])
        return {"loss": loss}

    return step


def make_steps(name, start):
    return {
        "torch.optim": make_step(CASES[name], start, adam_of_library),
        "in place": make_step(CASES[name], start, adam_in_place),
    }


if __name__ == "__main__":
    serve(make_steps)
