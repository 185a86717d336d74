#!/usr/bin/env python3
"""The Trifecta's training step in PyTorch, as fast as PyTorch does it on this CPU: see serve.py.

Written from the equations in src/rules/trifecta. A step begins with images and labels: it draws the wrong labels (mnist:
hard ones, by the first block's goodness of all labels, whose product with the image is computed once), shows every image
with both, and runs all blocks that learn on this mini-batch. Cases are the presets of that rule: batches of 32 for quick
and mnist, 64 for the others; images of 28 x 28 grey pixels for quick and mnist, of 32 x 32 in colour for
cifar-10 and plain. Even and odd mini-batches take turns, as there.

    python3 bench/twins/trifecta_twin.py --case mnist --threads 2
"""

import torch
import torch.nn.functional as F
from serve import serve

BLOCKS, POOL_AFTER, CLASSES = 6, {0, 2, 5}, 10
ALPHA, TAU, RATE = 4.0, 2.0, 1e-2
GREY, COLOUR = ((0.1307,), (0.3081,)), ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.201))
# The preset: mean and deviation of the pixels, whether it has the three techniques, and hard negatives.
CASES = {
    "quick": (((0.5,), (0.25,)), True, False),
    "mnist": (GREY, True, True),
    "cifar-10": (COLOUR, True, False),
    "plain": (COLOUR, False, False),
}


class Block(torch.nn.Module):
    def __init__(self, start, i, batch_norm):
        super().__init__()
        pooled = i in POOL_AFTER
        outputs, inputs = start.state[f"layers.{i}.weight"].shape[:2]
        self.convolution = torch.nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        # Layer normalisation has a gain and a bias for each number.
        scaled = tuple(start.state[f"layers.{i}.gain"].shape)
        self.norm = torch.nn.BatchNorm2d(inputs) if batch_norm else torch.nn.LayerNorm(scaled)
        self.pooled = pooled
        with torch.no_grad():
            self.convolution.weight.copy_(start.state[f"layers.{i}.weight"])
            self.norm.weight.copy_(start.state[f"layers.{i}.gain"])
            self.norm.bias.copy_(start.state[f"layers.{i}.bias"])

    def forward(self, x):
        z = self.convolution(self.norm(x))
        # The maximum of the rectified is the rectified maximum.
        return F.relu_(F.max_pool2d(z, 2) if self.pooled else z)


class Step:
    def __init__(self, case, start, layout):
        pixels, self.overlap, self.hard = CASES[case]
        self.mean, self.deviation = (torch.tensor(own).view(1, -1, 1, 1) for own in pixels)
        self.layout, self.start = layout, start
        self.blocks = [Block(start, i, self.overlap).to(memory_format=layout) for i in range(BLOCKS)]
        self.label = start.parameter("layers.0.label")
        self.learners = []
        for i, block in enumerate(self.blocks):
            below = list(self.blocks[i - 1].parameters()) if i > 0 and self.overlap else []
            self.learners.append([*block.parameters(), *below, *([self.label] if i == 0 else [])])
        self.adams = [torch.optim.Adam(own, lr=RATE, foreach=True) for own in self.learners]

    @staticmethod
    def wrong(draw, labels):
        """A draw among the wrong labels, 0 to K - 2, as a label."""
        return draw + (draw >= labels)

    @torch.no_grad()
    def hard_labels(self, images, labels, uniform):
        norm, weight = self.blocks[0].norm, self.blocks[0].convolution.weight
        channels = images.shape[1]

        def part(x, start, end):
            own = slice(start, end)
            y = F.batch_norm(x, norm.running_mean[own], norm.running_var[own], norm.weight[own], norm.bias[own])
            return F.conv2d(y, weight[:, own], padding=1)

        of_image = part(images, 0, channels)
        of_labels = part(self.label.view(CLASSES, 1, *images.shape[2:]), channels, channels + 1)
        goodness = [F.relu_(F.max_pool2d(of_image + one, 2)).square().mean((1, 2, 3)) for one in of_labels]
        gumbel = uniform.clamp(min=1e-7).log_().neg_().clamp_(min=1e-7).log_().neg_()
        scores = gumbel.add_(torch.stack(goodness, 1), alpha=ALPHA)
        return scores.scatter_(1, labels[:, None], float("-inf")).argmax(1)

    def __call__(self, index):
        batch = self.start.batch(index)
        images, labels, uniform = batch["x"], batch["labels"], batch["noise.negatives"]
        images = (images - self.mean) / self.deviation
        if self.hard:
            wrong = self.hard_labels(images, labels, uniform)
        else:
            wrong = self.wrong((uniform * (CLASSES - 1)).long().clamp_(max=CLASSES - 2), labels)
        odd = index % 2
        # Even mini-batches give the label no gradient.
        table = self.label if odd or not self.overlap else self.label.detach()
        shown = F.embedding(torch.cat([labels, wrong]), table).view(2 * len(labels), 1, *images.shape[2:])
        x = torch.cat([torch.cat([images, images]), shown], 1).contiguous(memory_format=self.layout)
        last = len(self.blocks) - 1
        told = {}
        for i, block in enumerate(self.blocks):
            if self.overlap and odd and i == last:
                # It does not learn now; only its running statistics move.
                with torch.no_grad():
                    block.norm(x)
                break
            x = block(x)
            if self.overlap and i % 2 == 0 and not odd or self.overlap and i % 2 == 1 and odd:
                continue
            goodness = x.square().mean((1, 2, 3))
            positive, negative = goodness.chunk(2)
            if self.overlap:
                loss = F.softplus(-ALPHA * (positive - negative)).mean()
            else:
                loss = (F.softplus(TAU - positive) + F.softplus(negative - TAU)).mean()
            gradients = torch.autograd.grad(loss, self.learners[i])
            for parameter, gradient in zip(self.learners[i], gradients):
                parameter.grad = gradient
            self.adams[i].step()
            told[f"block {i}/loss"] = loss.detach()
            x = x.detach()
        return told


def make_steps(case, start):
    """Autograd in both memory formats."""
    return {
        "contiguous": Step(case, start, torch.contiguous_format),
        "channels last": Step(case, start, torch.channels_last),
    }


if __name__ == "__main__":
    # Adam's first steps of 1e-2 follow the sign even of gradients that are nothing but rounding: in float32 both sides
    # lie up to 1.5e-2 apart after nine mini-batches though they draw the same labels, in float64 3e-3.
    serve(make_steps, torch.float64)
