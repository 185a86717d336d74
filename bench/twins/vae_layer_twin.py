#!/usr/bin/env python3
"""The PyTorch twin of vae-layer: one joint training step, by the names of its presets.

Cases, both of batch 100: mnist (dense cells), cifar-10 (convolutional cells). Both networks see the batch, the contrast
is that of all pairs: the cosine embedding loss on mnist, the supervised contrastive loss on cifar-10. Each pair of cells is one autograd graph from detached inputs; both output layers are one more.
torch.optim.Adam in a loop or with foreach: the fastest variant is served.
"""

import torch
import torch.nn.functional as F
from serve import serve

# name: (cells, beta, weight of the contrast, its places, places of the read-out, rate of cells)
CASES = {"mnist": (3, 1e-4, 1.0, 0, 0, 2e-3), "cifar-10": (3, 2e-6, 16.0, 2, 4, 3e-3)}
OUTPUT_RATE, STRIDE, TEMPERATURE = 3e-3, 2, 0.3
# The part of the training in which the KL divergence comes in.
WARM_UP = 0.2


PARTS = ("encoder.hidden", "encoder.mean", "encoder.logVariance", "decoder.hidden", "decoder.output")


def pooled(z, places):
    window = z.shape[2] // places if z.dim() == 4 and places else 1
    return F.avg_pool2d(z, window) if window > 1 else z


class Cell:
    def __init__(self, start, name, convolutional):
        self.convolutional = convolutional
        self.maps = [start.dense(f"{name}.{part}") for part in PARTS]
        latents = len(self.maps[1][1])
        self.parameters = [p for own in self.maps for p in own]
        self.statistics = (torch.zeros(latents), torch.ones(latents))

    def apply(self, i, x, stride=1):
        weight, bias = self.maps[i]
        if self.convolutional:
            return F.conv2d(x, weight, bias, stride=stride, padding=weight.shape[2] // 2)
        return torch.addmm(bias, x, weight)

    def learn(self, x, noise, beta):
        e = torch.relu(self.apply(0, x, STRIDE))
        mean, spread = self.apply(1, e), self.apply(2, e)
        z = mean + torch.exp(spread / 2) * noise
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


def make_steps(case, start):
    count, full_beta, contrast_weight, contrast_places, output_places, rate = CASES[case]
    convolutional = case == "cifar-10"

    def make(foreach):
        pairs = [[Cell(start, f"layers.{i}.{side}", convolutional) for side in "ab"] for i in range(count)]
        outputs = [start.dense(f"head.parameters.{side}") for side in "ab"]
        cells = [p for pair in pairs for cell in pair for p in cell.parameters]
        groups = [{"params": cells, "lr": rate}, {"params": [p for own in outputs for p in own], "lr": OUTPUT_RATE}]
        optimizer = torch.optim.Adam(groups, foreach=foreach)

        def step(index):
            batch = start.batch(index)
            x, labels = batch["x"] if convolutional else batch["x"].flatten(1), batch["labels"]
            beta = full_beta * min(float(batch["progress"]) / WARM_UP, 1)
            alike = (labels[:, None] == labels[None]).float()
            optimizer.zero_grad(set_to_none=True)
            below, kept, told = [x, x], [[], []], {}
            for i, pair in enumerate(pairs):
                noise = batch[f"noise.layers.{i}.epsilon"]
                # The second network has the noise of the next image.
                noises = noise, noise.roll(-1, 0)
                own = [cell.learn(x, n, beta) for cell, x, n in zip(pair, below, noises)]
                loss = own[0][0] + own[1][0]
                loss = loss + contrast_weight * contrast(case, own[0][1], own[1][1], alike, contrast_places)
                loss.backward()
                told[f"layer {i}/loss"] = loss.detach()
                below = [up for _, _, up in own]
                for side in (0, 1):
                    kept[side].append(pooled(below[side], output_places).flatten(1))
            loss = sum(
                F.cross_entropy(torch.addmm(bias, torch.cat(rows, 1), weight), labels)
                for (weight, bias), rows in zip(outputs, kept)
            )
            loss.backward()
            optimizer.step()
            return {**told, "output layers/loss": loss.detach() / 2}

        return step

    return {"loop": make(False), "foreach": make(True)}


if __name__ == "__main__":
    serve(make_steps)
