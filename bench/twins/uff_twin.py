#!/usr/bin/env python3
"""The PyTorch twin of uff: one joint training step, by the names of its presets on MNIST.

Cases (batch as in the preset): dense, denoising, variational, convolutional. Every cell is one autograd graph from a
detached input; the classifier's read-outs (all latents, each latent, pixels) are one more. AdamW is torch.optim.AdamW,
in a loop or with foreach: the faster one is served.
"""

import torch
import torch.nn.functional as F
from serve import serve

DECAY = 0.01

# name: (kind of cell, step sizes of the cells and of the classifier, decay of the classifier)
CASES = {
    "dense": ("sparse", 1e-3, 3e-3, DECAY),
    "denoising": ("denoising", 1e-3, 3e-3, DECAY),
    "variational": ("variational", 1e-3, 1e-3, DECAY),
    "convolutional": ("convolutional", 5e-4, 2e-3, 1.0),
}
# The noise that a cell of each kind draws.
NOISE = {"denoising": "mask", "variational": "code"}


def winners(h, threshold, axes):
    """1 where an activity stands so many standard deviations above its unit's mean over the batch."""
    h = h.detach()
    deviation, mean = torch.std_mean(h, axes, unbiased=False, keepdim=True)
    return h >= mean + threshold * deviation


class DenseCell:
    """Tied weights [in, out]; sigmoid pixels in the first cell, squared error above."""

    def __init__(self, kind, start, i):
        self.kind, self.first, name = kind, i == 0, f"layers.{i}"
        # Maps and the decoder's biases from the input up.
        maps, biases = ("encoder",), ("bias",)
        if kind == "variational":
            maps, biases = ("encoder", "mean"), ("output", "hidden")
        self.weights, self.up = zip(*(start.dense(f"{name}.{own}") for own in maps))
        self.down = [start.parameter(f"{name}.decoder.{own}") for own in biases]
        self.parameters = [*self.weights, *self.up, *self.down]
        if kind == "variational":
            self.spread = start.dense(f"{name}.logVariance")
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

    def learn(self, x, noise):
        rows = len(x)
        clean = x if self.first else F.layer_norm(x, x.shape[1:])
        if self.kind == "variational":
            mean, spread = self.encode(clean)
            z = mean + torch.exp(spread / 2) * noise
            divergence = 0.5 * (mean.square() + spread.exp() - spread - 1).sum()
            return (self.error(self.decode(z), x) + divergence) / rows, mean.detach()
        if self.kind == "denoising":
            z = self.encode(clean * (noise >= 0.5))
            with torch.no_grad():
                latent = self.encode(clean)
        else:
            z = self.encode(clean)
            latent = z.detach()
            z = z * winners(z, 1.2, (0,))
        return self.error(self.decode(z), x) / rows, latent


class ConvolutionalCell:
    """5x5, ReLU, 2x2 max-pooling; back from the largest of each square, where it stood, by the transpose of the kernels."""

    def __init__(self, start, i):
        self.first = i == 0
        self.parameters = [*start.dense(f"layers.{i}.encoder"), start.parameter(f"layers.{i}.decoder.bias")]

    def learn(self, x, _):
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


def make_steps(case, start):
    kind, rate, classifier_rate, classifier_decay = CASES[case]
    convolutional = kind == "convolutional"

    def make(foreach):
        cells = [ConvolutionalCell(start, i) if convolutional else DenseCell(kind, start, i) for i in range(2)]
        # Of the pixels, of each latent, and of all latents.
        read_outs = [start.dense(f"head.parameters.{k}") for k in range(4)]
        groups = [
            {"params": [p for cell in cells for p in cell.parameters], "lr": rate, "weight_decay": DECAY},
            {"params": [p for pair in read_outs for p in pair], "lr": classifier_rate, "weight_decay": classifier_decay},
        ]
        optimizer = torch.optim.AdamW(groups, foreach=foreach)

        def step(index):
            batch = start.batch(index)
            x, labels = batch["x"] if convolutional else batch["x"].flatten(1), batch["labels"]
            optimizer.zero_grad(set_to_none=True)
            below, sources = x, [x]
            told = {}
            for i, cell in enumerate(cells):
                loss, below = cell.learn(below, batch.get(f"noise.layers.{i}.{NOISE.get(kind)}"))
                loss.backward()
                told[f"layer {i}/loss"] = loss.detach()
                sources.append(below)
            rows = [F.layer_norm(source.flatten(1), source.flatten(1).shape[1:]) for source in sources]
            rows.append(torch.cat(rows[1:], 1))
            said = [torch.addmm(b, row, w) for row, (w, b) in zip(rows, read_outs)]
            losses = [F.cross_entropy(scores, labels) for scores in said]
            sum(losses).backward()
            optimizer.step()
            return {**told, "classifier/loss": losses[-1].detach()}

        return step

    return {"loop": make(False), "foreach": make(True)}


if __name__ == "__main__":
    serve(make_steps)
