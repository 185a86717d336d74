#!/usr/bin/env python3
"""The PyTorch twin of equilibrium propagation: one training step, as fast as PyTorch does it on this CPU.

Cases (rule, preset, batch):
    mnist          equilibrium-propagation, preset mnist, batch 100
    p-1h           equilibrium-propagation, preset p-1h, batch 20
    cross-entropy  equilibrium-propagation, preset cross-entropy, batch 100

A step settles by even-odd sweeps, T1 free and T2 under each nudge, contrasts the states and updates every layer. There is
no gradient to derive, so autograd is not used: the local rule is the closed form. Variants: the two nudged phases one
after the other or as one batch of twice the rows; torch.optim, or the same update written by hand in place.

    python3 bench/twins/equilibrium_propagation_twin.py --case mnist --threads 2
"""

import math

import torch

from serve import serve

CLASSES, PIXELS = 10, 784
CASES = {
    "mnist": {
        "widths": [512], "batch": 100, "activation": "clip", "output": "linear", "beta": 0.25, "sides": 2,
        "sweeps": (20, 8), "optimizer": "adam", "rates": [0.001],
    },
    "p-1h": {
        "widths": [512], "batch": 20, "activation": "logistic", "output": "logistic", "beta": 0.1, "sides": 1,
        "sweeps": (40, 15), "optimizer": "sgd", "rates": [0.08, 0.04],
    },
    "cross-entropy": {
        "widths": [256, 256], "batch": 100, "activation": "logistic", "output": "cross-entropy", "beta": 1.0,
        "sides": 2, "sweeps": (40, 8), "optimizer": "adam", "rates": [0.001],
    },
}


def clip(a):
    return a.clamp_(0, 1)


def logistic(a):
    return a.mul_(4).sub_(2).sigmoid_()


def linear(a):
    return a


UNITS = {"clip": clip, "logistic": logistic, "linear": linear}


def adam_in_place(parameters, gradients, rates):
    """Adam in six passes, with no tensor made."""
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8
    states = [tuple(torch.zeros_like(p) for _ in range(3)) for p in parameters]
    count = 0

    def update():
        nonlocal count
        count += 1
        correction = math.sqrt(1 - beta2**count)
        for p, g, rate, (first, second, scratch) in zip(parameters, gradients, rates, states):
            first.mul_(beta1).add_(g, alpha=1 - beta1)
            second.mul_(beta2).addcmul_(g, g, value=1 - beta2)
            torch.sqrt(second, out=scratch).add_(epsilon * correction)
            p.addcdiv_(first, scratch, value=-rate / (1 - beta1**count) * correction)

    return update


def sgd_in_place(parameters, gradients, rates):
    def update():
        for p, g, rate in zip(parameters, gradients, rates):
            p.add_(g, alpha=-rate)

    return update


def by_library(parameters, gradients, rates, name):
    for p, g in zip(parameters, gradients):
        p.grad = g
    groups = [{"params": [p], "lr": rate} for p, rate in zip(parameters, rates)]
    optimizer = torch.optim.Adam(groups, foreach=True) if name == "adam" else torch.optim.SGD(groups, lr=rates[0])
    return optimizer.step


def make_step(case, start, stacked, in_place):
    widths = [PIXELS, *case["widths"], CLASSES]
    weights, biases = zip(*(start.dense(f"layers.{k}", False) for k in range(len(widths) - 1)))
    weights, biases = list(weights), list(biases)
    parameters = weights + biases
    gradients = [torch.zeros_like(p) for p in parameters]
    count, rates = len(weights), case["rates"]
    rates = 2 * (rates if len(rates) == count else rates * count)
    if in_place:
        update = (adam_in_place if case["optimizer"] == "adam" else sgd_in_place)(parameters, gradients, rates)
    else:
        update = by_library(parameters, gradients, rates, case["optimizer"])

    read_out = case["output"] == "cross-entropy"
    depth = count - 1 if read_out else count
    hidden = UNITS[case["activation"]]
    top = hidden if read_out else UNITS[case["output"]]
    rows, beta, sides = case["batch"], case["beta"], case["sides"]
    transposed = [w.t() for w in weights]
    images = [batch["x"].flatten(1) for batch in start.batches]
    targets = [torch.nn.functional.one_hot(batch["labels"], CLASSES).float() for batch in start.batches]

    def error_of(state, y):
        return torch.softmax(torch.addmm(biases[-1], state, weights[-1]), 1).sub_(y)

    def settle(drive, states, sweeps, nudge):
        states = list(states)
        for _ in range(sweeps):
            for k in (*range(0, depth, 2), *range(1, depth, 2)):
                a = drive if k == 0 else torch.addmm(biases[k], states[k - 1], weights[k])
                if k + 1 < depth:
                    a = torch.addmm(a, states[k + 1], transposed[k + 1])
                elif k == 0:
                    a = a.clone()
                last = k + 1 == depth
                states[k] = nudge(a, states[k]) if last and nudge else (top if last else hidden)(a)
        return states

    def nudged(y, sign):
        """`sign`: a number, or a column of them."""
        if read_out:
            return lambda a, s: top(a.sub_((error_of(s, y) * (beta * sign)).mm(transposed[-1])))
        share = 1 / (1 + beta * sign)
        pull = y * (beta * sign * share)
        return lambda a, _: top(a).mul_(share).add_(pull)

    signs = torch.tensor([[1.0]] * rows + [[-1.0]] * rows)

    @torch.no_grad()
    def step(index):
        x, y = images[index % start.count], targets[index % start.count]
        drive = torch.addmm(biases[0], x, weights[0])
        free = settle(drive, [torch.zeros(rows, width) for width in widths[1 : depth + 1]], case["sweeps"][0], None)
        if sides == 1:
            plus = settle(drive, free, case["sweeps"][1], nudged(y, 1.0))
            minus = free
        elif stacked:
            both = settle(
                drive.repeat(2, 1), [s.repeat(2, 1) for s in free], case["sweeps"][1], nudged(y.repeat(2, 1), signs)
            )
            plus, minus = [s[:rows] for s in both], [s[rows:] for s in both]
        else:
            plus = settle(drive, free, case["sweeps"][1], nudged(y, 1.0))
            minus = settle(drive, free, case["sweeps"][1], nudged(y, -1.0))
        factor = -1 / (sides * beta * rows)
        differences = [(p - m).mul_(factor) for p, m in zip(plus, minus)]
        means = [(p + m).mul_(0.5) for p, m in zip(plus, minus)]
        torch.mm(x.t(), differences[0], out=gradients[0])
        for k in range(1, depth):
            torch.mm(differences[k - 1].t(), means[k], out=gradients[k])
            gradients[k].addmm_(means[k - 1].t(), differences[k])
        for k in range(depth):
            torch.sum(differences[k], 0, out=gradients[count + k])
        if read_out:
            states, labels = torch.cat([plus[-1], minus[-1]]), y.repeat(2, 1)
            error = error_of(states, labels).mul_(1 / len(states))
            torch.mm(states.t(), error, out=gradients[count - 1])
            torch.sum(error, 0, out=gradients[-1])
            loss = torch.softmax(torch.addmm(biases[-1], free[-1], weights[-1]), 1).mul_(y).sum(1).log_().mean().neg_()
        elif case["output"] == "logistic":
            loss = torch.nn.functional.binary_cross_entropy(free[-1], y, reduction="sum") / (4 * rows)
        else:
            loss = (free[-1] - y).square_().sum() / (2 * rows)
        update()
        return {"loss": loss}

    return step


def make_steps(name, start):
    case = CASES[name]
    return {
        f"{'stacked' if stacked else 'in turn'}, {'in place' if in_place else 'torch.optim'}": make_step(
            case, start, stacked, in_place
        )
        for stacked in ((False, True) if case["sides"] == 2 else (False,))
        for in_place in (False, True)
    }


if __name__ == "__main__":
    serve(make_steps)
