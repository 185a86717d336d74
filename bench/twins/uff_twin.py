#!/usr/bin/env python3
"""The PyTorch twin of uff: one joint training step, by the names of its presets on MNIST.

Cases (batch as in the preset): dense, denoising, variational, convolutional. Every cell is one autograd graph from a
detached input; the classifier's read-outs (all latents, each latent, pixels) are one more. AdamW is torch.optim.AdamW,
in a loop or with foreach: the faster one is served.
"""

import torch
import torch.nn.functional as F
from serve import serve

PIXELS, CLASSES, DECAY = 784, 10, 0.01

# name: (kind of cell, units, hidden, batch, step sizes of the cells and of the classifier)
CASES = {
    "dense": ("sparse", (2000, 1000), (), 250, 1e-3, 3e-3),
    "denoising": ("denoising", (2000, 1000), (), 250, 1e-3, 3e-3),
    "variational": ("variational", (64, 64), (500,), 250, 1e-3, 1e-3),
    "convolutional": ("convolutional", (32, 32), (), 100, 2e-3, 2e-3),
}


def weight(*shape):
    fan = shape[0] + shape[1] if len(shape) == 2 else (shape[0] + shape[1]) * shape[2] * shape[3]
    return (torch.randn(*shape) * (2 / fan) ** 0.5).requires_grad_()


def bias(size):
    return torch.zeros(size, requires_grad=True)


def winners(h, threshold, axes):
    """1 where an activity stands so many standard deviations above its unit's mean over the batch."""
    h = h.detach()
    deviation, mean = torch.std_mean(h, axes, unbiased=False, keepdim=True)
    return h >= mean + threshold * deviation


class DenseCell:
    """Tied weights [in, out]; sigmoid pixels in the first cell, squared error above."""

    def __init__(self, kind, inputs, units, hidden, first):
        self.kind, self.first = kind, first
        widths = (inputs, *hidden, units)
        self.weights = [weight(a, b) for a, b in zip(widths, widths[1:])]
        self.up = [bias(b) for b in widths[1:]]
        self.down = [bias(a) for a in widths[:-1]]
        self.parameters = [*self.weights, *self.up, *self.down]
        if kind == "variational":
            self.spread = (weight(widths[-2], units), bias(units))
            self.parameters += self.spread

    def encode(self, x):
        for w, b in zip(self.weights[:-1], self.up[:-1]):
            x = torch.relu(torch.addmm(b, x, w))
        code = torch.addmm(self.up[-1], x, self.weights[-1])
        if self.kind == "variational":
            return code, torch.addmm(self.spread[1], x, self.spread[0])
        return torch.relu(code)

    def decode(self, z):
        for i in reversed(range(len(self.weights))):
            z = torch.addmm(self.down[i], z, self.weights[i].T)
            z = torch.relu(z) if i > 0 else z
        return z

    def error(self, said, x):
        if self.first:
            return F.binary_cross_entropy_with_logits(said, x, reduction="sum")
        return (said - x).square().sum() * (5.0 if self.kind == "variational" else 1.0)

    def learn(self, x):
        rows = len(x)
        clean = x if self.first else F.layer_norm(x, x.shape[1:])
        if self.kind == "variational":
            mean, spread = self.encode(clean)
            z = mean + torch.exp(spread / 2) * torch.randn_like(mean)
            divergence = 0.5 * (mean.square() + spread.exp() - spread - 1).sum()
            return (self.error(self.decode(z), x) + divergence) / rows, mean.detach()
        if self.kind == "denoising":
            z = self.encode(clean * (torch.rand_like(clean) >= 0.5))
            with torch.no_grad():
                latent = self.encode(clean)
        else:
            z = self.encode(clean)
            latent = z.detach()
            z = z * winners(z, 1.2, (0,))
        return self.error(self.decode(z), x) / rows, latent


class ConvolutionalCell:
    """5x5, ReLU, 2x2 max-pooling; back from the largest of each square, where it stood, by the transpose of the kernels."""

    def __init__(self, inputs, units, first):
        self.first = first
        self.parameters = [weight(units, inputs, 5, 5), bias(units), bias(inputs)]

    def learn(self, x):
        kernels, up, down = self.parameters
        clean = x if self.first else F.layer_norm(x, x.shape[1:])
        h = torch.relu(F.conv2d(clean, kernels, up, padding=2))
        with torch.no_grad():
            latent = F.max_pool2d(h, 2)
            kept = h >= F.interpolate(latent, scale_factor=2)
            kept &= winners(h, 1.0, (0, 2, 3))
        said = F.conv_transpose2d(h * kept, kernels, down, padding=2)
        if self.first:
            loss = F.binary_cross_entropy_with_logits(said, x, reduction="sum")
        else:
            loss = (said - x).square().sum()
        return loss / len(x), latent


def make_network(case):
    kind, units, hidden, *_ = CASES[case]
    if kind == "convolutional":
        channels = (1, *units)
        cells = [ConvolutionalCell(a, b, i == 0) for i, (a, b) in enumerate(zip(channels, channels[1:]))]
        sizes = [count * (28 >> (i + 1)) ** 2 for i, count in enumerate(units)]
    else:
        widths = (PIXELS, *units)
        cells = [DenseCell(kind, a, b, hidden, i == 0) for i, (a, b) in enumerate(zip(widths, widths[1:]))]
        sizes = list(units)
    read_outs = [(torch.zeros(n, CLASSES, requires_grad=True), bias(CLASSES)) for n in (PIXELS, *sizes, sum(sizes))]
    return cells, read_outs


def make_steps(case):
    kind, _, _, batch, rate, classifier_rate = CASES[case]
    shape = (batch, 1, 28, 28) if kind == "convolutional" else (batch, PIXELS)
    batches = [(torch.rand(shape) * (torch.rand(shape) < 0.2), torch.randint(0, CLASSES, (batch,))) for _ in range(8)]

    def make(foreach):
        cells, read_outs = make_network(case)
        groups = [
            {"params": [p for cell in cells for p in cell.parameters], "lr": rate},
            {"params": [p for pair in read_outs for p in pair], "lr": classifier_rate},
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=DECAY, foreach=foreach)

        def step(index):
            x, labels = batches[index % len(batches)]
            optimizer.zero_grad(set_to_none=True)
            below, sources = x, [x]
            total = 0.0
            for cell in cells:
                loss, below = cell.learn(below)
                loss.backward()
                total += loss.detach()
                sources.append(below)
            rows = [F.layer_norm(source.flatten(1), source.flatten(1).shape[1:]) for source in sources]
            rows.append(torch.cat(rows[1:], 1))
            said = [torch.addmm(b, row, w) for row, (w, b) in zip(rows, read_outs)]
            loss = sum(F.cross_entropy(scores, labels) for scores in said)
            loss.backward()
            optimizer.step()
            return total + loss.detach()

        return step

    return {"loop": make(False), "foreach": make(True)}


if __name__ == "__main__":
    serve(make_steps)
