#!/usr/bin/env python3
"""The PyTorch twin of vae-layer: one joint training step, by the names of its presets.

Cases, both of batch 100: mnist (dense cells), cifar-10 (convolutional cells). Both networks see the batch, the contrast
is that of all pairs: the cosine embedding loss on mnist, the supervised contrastive loss on cifar-10. Each pair of cells is one autograd graph from detached inputs; both output layers are one more.
torch.optim.Adam in a loop or with foreach, noise drawn by PyTorch on the way: the fastest variant is served.
"""

import torch
import torch.nn.functional as F
from serve import serve

CLASSES, BATCH = 10, 100

# name: (shape, units, latents, beta, places of the contrast, places of the read-out, rate of cells)
CASES = {
    "mnist": ((1, 28, 28), (500, 500, 500), (64, 64, 64), 1e-4, 0, 0, 2e-3),
    "cifar-10": ((3, 32, 32), (32, 64, 128), (16, 32, 64), 2e-6, 2, 4, 3e-3),
}
OUTPUT_RATE, KERNEL, STRIDE, TEMPERATURE = 3e-3, 5, 2, 0.3


def affine(inputs, outputs, kernel=None, deviation=1.0):
    shape = (inputs, outputs) if kernel is None else (outputs, inputs, kernel, kernel)
    fan = inputs * (kernel or 1) ** 2
    return [
        (torch.randn(shape) * deviation / fan**0.5).requires_grad_(),
        torch.zeros(outputs, requires_grad=True),
    ]


def pooled(z, places):
    window = z.shape[2] // places if z.dim() == 4 and places else 1
    return F.avg_pool2d(z, window) if window > 1 else z


class Cell:
    def __init__(self, shape, units, latents, convolutional):
        self.convolutional = convolutional
        if convolutional:
            channels, height, width = shape
            self.shape = (latents, -(-height // STRIDE), -(-width // STRIDE))
            maps = [(channels, units, KERNEL), (units, latents, 1), (units, latents, 1)]
            maps += [(latents, units, 1), (units, channels * STRIDE**2, 1)]
        else:
            inputs = shape[0] if len(shape) == 1 else shape[0] * shape[1] * shape[2]
            self.shape = (latents,)
            maps = [(inputs, units), (units, latents), (units, latents), (latents, units), (units, inputs)]
        self.maps = [affine(*own, deviation=d) for own, d in zip(maps, (2**0.5, 1, 0.1, 2**0.5, 1))]
        with torch.no_grad():
            self.maps[2][1].fill_(-4.0)
        self.parameters = [p for own in self.maps for p in own]
        self.statistics = (torch.zeros(latents), torch.ones(latents))

    def apply(self, i, x, stride=1):
        weight, bias = self.maps[i]
        if self.convolutional:
            return F.conv2d(x, weight, bias, stride=stride, padding=weight.shape[2] // 2)
        return torch.addmm(bias, x, weight)

    def learn(self, x, beta):
        e = torch.relu(self.apply(0, x, STRIDE))
        mean, spread = self.apply(1, e), self.apply(2, e)
        z = mean + torch.exp(spread / 2) * torch.randn_like(mean)
        back = self.apply(4, torch.relu(self.apply(3, z)))
        if self.convolutional:
            back = F.pixel_shuffle(back, STRIDE)
        divergence = 0.5 * (mean.square() + spread.exp() - spread - 1).sum() / len(x)
        up = F.batch_norm(z.detach(), *self.statistics, training=True)
        return F.mse_loss(back, x) + beta * divergence, z, up


def contrast(case, a, b, alike, places):
    rows = [pooled(z, places).flatten(1) for z in (a, b)]
    rows = [F.normalize(F.batch_norm(r, None, None, training=True), eps=1e-6) for r in rows]
    cosine = rows[0] @ rows[1].T
    if case == "cifar-10":
        logits = cosine / TEMPERATURE
        weight = alike / alike.sum(1, keepdim=True)
        return -((logits.log_softmax(1) + logits.T.log_softmax(1)) * weight).sum() / (2 * len(alike))
    same = alike.sum()
    likes, others = ((1 - cosine) * alike).sum() / same, (torch.relu(cosine) * (1 - alike)).sum() / (alike.numel() - same)
    return (likes + others) / 2


def make_network(case):
    shape, units, latents, *_ = CASES[case]
    convolutional = case == "cifar-10"
    pairs = []
    for own_units, own_latents in zip(units, latents):
        pairs.append([Cell(shape, own_units, own_latents, convolutional) for _ in "ab"])
        shape = pairs[-1][0].shape
    return pairs


def make_steps(case):
    shape, _, _, beta, contrast_places, output_places, rate = CASES[case]
    full = (BATCH, *shape) if case == "cifar-10" else (BATCH, shape[1] * shape[2])
    batches = [(torch.rand(full), torch.randint(0, CLASSES, (BATCH,))) for _ in range(8)]

    def make(foreach):
        pairs = make_network(case)
        with torch.no_grad():
            features = sum(
                pooled(torch.zeros(1, *pair[0].shape), output_places).numel() for pair in pairs
            )
        outputs = [affine(features, CLASSES) for _ in "ab"]
        cells = [p for pair in pairs for cell in pair for p in cell.parameters]
        groups = [{"params": cells, "lr": rate}, {"params": [p for own in outputs for p in own], "lr": OUTPUT_RATE}]
        optimizer = torch.optim.Adam(groups, foreach=foreach)

        def step(index):
            x, labels = batches[index % len(batches)]
            alike = (labels[:, None] == labels[None]).float()
            optimizer.zero_grad(set_to_none=True)
            below, kept, total = [x, x], [[], []], 0.0
            for pair in pairs:
                own = [cell.learn(x, beta) for cell, x in zip(pair, below)]
                loss = own[0][0] + own[1][0] + contrast(case, own[0][1], own[1][1], alike, contrast_places)
                loss.backward()
                total += loss.detach()
                below = [up for _, _, up in own]
                for side in (0, 1):
                    kept[side].append(pooled(below[side], output_places).flatten(1))
            loss = sum(
                F.cross_entropy(torch.addmm(bias, torch.cat(rows, 1), weight), labels)
                for (weight, bias), rows in zip(outputs, kept)
            )
            loss.backward()
            optimizer.step()
            return total + loss.detach()

        return step

    return {"loop": make(False), "foreach": make(True)}


if __name__ == "__main__":
    serve(make_steps)
