#!/usr/bin/env python3
"""The PyTorch twin: one Forward-Forward training step, as fast as PyTorch does it on this CPU.

A step begins with images, their labels and random numbers: it draws the wrong labels. Both labels' codes stand in the
place of the first pixels; the image's product is computed once for both. Every layer is updated on every step and no gradient crosses layers. Per layer, with B positive rows
above B negative rows:

    n = x / (sqrt(mean(x^2)) + 1e-8)          length normalisation, per row
    y = relu(n W + b)                          W is [in, out]; y, before the update, is the next layer's x
    g = mean(y^2)                              goodness, per row
    loss = mean(softplus(-alpha (g+ - g-)))    SymBa, alpha = 4
    Adam on W and b                            lr 1e-3, betas 0.9 and 0.999, eps 1e-8

A variant is a way to the gradient (autograd, or the closed form written by hand) and a way to run Adam:
torch.optim.Adam in a loop or with foreach, or the same update written by hand in place, per tensor or over one packed
tensor. The fastest variant of this machine, net and batch is the one that is served.

    python3 bench/twins/forward_forward_twin.py --start FILE --threads 2

State and batches are our side's (see start.py). With `--prove` it only tells the losses of every variant's first steps,
for our side to compare. Else it writes a JSON line when it is ready, then answers one JSON line to each line it reads: `run N` and `train N` take N steps, `probe`
measures the machine's matrix product, `quit` ends. So a driver can alternate with another program within one session.
"""

import argparse
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

from start import Start
from timing import build, matrix_product_speed, time_steps

LABELS = 10
ALPHA, LEARNING_RATE, BETA1, BETA2, EPSILON = 4.0, 1e-3, 0.9, 0.999, 1e-8
VARIANTS = ("autograd+loop", "autograd+foreach", "closed+loop", "closed+foreach", "closed+inplace", "closed+packed")


def both_labels(labels, uniform):
    """The true labels, then wrong ones: any other, all of them equally likely; [2B]."""
    draw = (uniform * (LABELS - 1)).long()
    return torch.cat([labels, draw + (draw >= labels)])


def make_parameters(start):
    """Weights [in, out] and biases [out], all of them views of one flat tensor, and that tensor."""
    state, own = start.state, []
    while f"layers.{len(own) // 2}.weight" in state:
        name = f"layers.{len(own) // 2}"
        # Where our side keeps the label's part of the first weights apart, it is their first rows.
        label = state.get(f"{name}.label")
        weight = state[f"{name}.weight"]
        own += [weight if label is None else torch.cat([label, weight]), state[f"{name}.bias"]]
    shapes = [tuple(tensor.shape) for tensor in own]
    flat = torch.cat([tensor.reshape(-1) for tensor in own])
    return split_flat(flat, shapes), flat, shapes


def split_flat(flat, shapes):
    parts = torch.split(flat, [math.prod(shape) for shape in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes)]


def adam_by_library(parameters, gradients, foreach):
    optimiser = torch.optim.Adam(
        parameters, lr=LEARNING_RATE, betas=(BETA1, BETA2), eps=EPSILON, foreach=foreach
    )
    if gradients is not None:
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient
    return optimiser


def adam_by_hand(parameters, gradients):
    """The same update in six passes, in place, with no tensor made. torch.optim.Adam makes one per parameter."""
    states = [tuple(torch.zeros_like(parameter) for _ in range(3)) for parameter in parameters]
    count = 0

    @torch.no_grad()
    def step():
        nonlocal count
        count += 1
        size = LEARNING_RATE / (1 - BETA1**count)
        correction = math.sqrt(1 - BETA2**count)
        for parameter, gradient, (first, second, scratch) in zip(parameters, gradients, states):
            first.mul_(BETA1).add_(gradient, alpha=1 - BETA1)
            second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            # m / (sqrt(v) / c + eps) is c m / (sqrt(v) + c eps): one pass fewer.
            torch.sqrt(second, out=scratch).add_(EPSILON * correction)
            parameter.addcdiv_(first, scratch, value=-size * correction)

    return step


def mean_square_of_rows(x):
    """One pass, without the tensor of squares."""
    return torch.linalg.vector_norm(x, dim=1).square_().div_(x.shape[1])


def goodness_slope(goodness, batch):
    """d loss / d goodness [2B], and the loss."""
    margin = goodness[:batch] - goodness[batch:]
    slope = torch.sigmoid(-ALPHA * margin) * (ALPHA / batch)
    return torch.cat([-slope, slope]), F.softplus(-ALPHA * margin).mean()


class Step:
    """One training step of one variant. `step(i)` takes batch i and returns the losses of the layers, as tensors."""

    def __init__(self, start, variant, bfloat16):
        self.gradient, self.optimiser = variant.split("+")
        self.items = [(own["x"].flatten(1), own["labels"], own["noise.negatives"]) for own in start.batches]
        self.batch, self.bfloat16 = len(self.items[0][1]), bfloat16
        batch = self.batch
        self.parameters, flat, shapes = make_parameters(start)
        widths = [shapes[0][0], *(shape[0] for shape in shapes[1::2])]
        self.layers = list(zip(self.parameters[::2], self.parameters[1::2]))
        closed = self.gradient == "closed"
        if not closed:
            # Leaves of their own: views of one tensor cannot be leaves.
            self.parameters = [p.detach().clone().requires_grad_() for p in self.parameters]
            self.layers = list(zip(self.parameters[::2], self.parameters[1::2]))
        flat_gradient = torch.zeros_like(flat) if closed else None
        self.gradients = split_flat(flat_gradient, shapes) if closed else None
        if self.optimiser in ("loop", "foreach"):
            self.adam = adam_by_library(self.parameters, self.gradients, self.optimiser == "foreach")
            self.update = self.adam.step
        elif self.optimiser == "packed":
            self.update = adam_by_hand([flat], [flat_gradient])
        else:
            self.update = adam_by_hand(self.parameters, self.gradients)
        if closed:
            rows = 2 * batch
            self.normal = [torch.empty(rows, inside) for inside in widths[:-1]]
            self.delta = [torch.empty(rows, outside) for outside in widths[1:]]
            self.hidden = [torch.empty(rows, outside) for outside in widths[1:]]

    def __call__(self, index):
        item = self.items[index % len(self.items)]
        step = self.closed_step if self.gradient == "closed" else self.autograd_step
        if not self.bfloat16:
            return step(*item)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return step(*item)

    def image_scale(self, images):
        """1 / length of the rows, [2B, 1]: to the other pixels' squares a one-hot code adds 1, whichever the label."""
        mean_square = (mean_square_of_rows(images[:, LABELS:]) * (images.shape[1] - LABELS) + 1) / images.shape[1]
        return torch.cat([1 / (mean_square.sqrt() + 1e-8)] * 2).unsqueeze(1)

    def first_product(self, weight, pixels, labels, scale):
        """n W of the first layer, the images' product computed once: the halves differ in the label pixels alone."""
        image = torch.mm(pixels, weight[LABELS:])
        return torch.cat([image, image]).add_(weight[:LABELS].index_select(0, labels)).mul_(scale)

    def autograd_step(self, images, labels, uniform):
        labels, losses = both_labels(labels, uniform), []
        pixels, scale = images[:, LABELS:], self.image_scale(images)
        for index, (weight, bias) in enumerate(self.layers):
            if index == 0:
                # The image's product, then the label's row of W: the same sum as n W.
                image = torch.mm(pixels, weight[LABELS:])
                z = (torch.cat([image, image]) + F.embedding(labels, weight[:LABELS])) * scale + bias
            else:
                normal = x / (x.square().mean(1, keepdim=True).sqrt() + 1e-8)
                z = torch.addmm(bias, normal, weight)
            y = F.relu(z)
            goodness = y.float().square().mean(1)
            losses.append(F.softplus(-ALPHA * (goodness[: self.batch] - goodness[self.batch :])).mean())
            x = y.detach().float()
        total = torch.stack(losses).sum()
        self.adam.zero_grad(set_to_none=True)
        total.backward()
        self.adam.step()
        return [loss.detach() for loss in losses]

    @torch.no_grad()
    def closed_step(self, images, labels, uniform):
        losses, batch, labels = [], self.batch, both_labels(labels, uniform)
        pixels = images[:, LABELS:]
        for index, (weight, bias) in enumerate(self.layers):
            outside = weight.shape[1]
            first = index == 0
            scale = self.image_scale(images) if first else (1 / (mean_square.sqrt() + 1e-8)).unsqueeze(1)
            if first:
                y = self.first_product(weight, pixels, labels, scale).add_(bias).relu_()
            elif self.bfloat16:
                normal = torch.mul(x, scale)
                y = torch.addmm(bias, normal, weight).relu_().float()
            else:
                normal = torch.mul(x, scale, out=self.normal[index])
                y = torch.addmm(bias, normal, weight, out=self.hidden[index]).relu_()
            # The goodness is also the mean square that the next layer divides by.
            mean_square = mean_square_of_rows(y)
            slope, loss = goodness_slope(mean_square, batch)
            losses.append(loss)
            # d loss / d z = slope * 2 y / out; relu's mask is in y, which is 0 where z is not positive.
            delta = torch.mul(y, (slope * (2 / outside)).unsqueeze(1), out=self.delta[index])
            weight_gradient, bias_gradient = self.gradients[2 * index], self.gradients[2 * index + 1]
            torch.sum(delta, 0, out=bias_gradient)
            if first:
                delta.mul_(scale)
                torch.add(delta[:batch], delta[batch:], out=self.hidden[index][:batch])
                weight_gradient[:LABELS].zero_().index_add_(0, labels, delta)
                both = self.hidden[index][:batch]
                if self.bfloat16:
                    weight_gradient[LABELS:].copy_(torch.mm(pixels.t(), both))
                else:
                    torch.mm(pixels.t(), both, out=weight_gradient[LABELS:])
            elif self.bfloat16:
                weight_gradient.copy_(torch.mm(normal.t(), delta))
            else:
                torch.mm(normal.t(), delta, out=weight_gradient)
            x = y
        self.update()
        return losses


def losses_of(step, count):
    """The losses of the first steps, by the names that they have on our side."""
    told = [step(index) for index in range(count)]
    return {f"layer {i}/loss": [float(losses[i]) for losses in told] for i in range(len(told[0]))}


def pick(start, names, bfloat16):
    """The fastest variant, each timed in turn several times over; its step, and the table of all."""
    steps = {name: Step(start, name, bfloat16) for name in names}
    begin = time.perf_counter()
    for step in steps.values():
        step(0)
    each = (time.perf_counter() - begin) / len(steps)
    count = max(1, min(10, int(0.1 / each)))
    best = {name: math.inf for name in names}
    # bfloat16 takes seconds a step on a processor without its instructions: then one turn must do.
    for turn in range(6 if each < 1 else 1):
        for name, step in steps.items():
            timed, _ = time_steps(step, turn, count, count, 0)
            best[name] = min(best[name], timed["min"])
    name = min(best, key=best.get)
    return name, Step(start, name, bfloat16), best


def serve(step, describe):
    """Answers one JSON line to each line read."""
    print(json.dumps({"event": "ready", **describe}), flush=True)
    index = 0
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "quit":
            return
        if words[0] == "probe":
            answer = {"event": "probe", "peakGflops": matrix_product_speed()}
        elif words[0] in ("run", "train") and len(words) == 2 and words[1].isdigit() and int(words[1]) > 0:
            count = int(words[1])
            timed, index = time_steps(step, index, count, count, 0)
            answer = {"event": words[0], "steps": count, "taken": index, "ms": timed["median"], "cpu": timed["cpu"],
                      "others": timed["others"], "losses": timed["losses"]}
        else:
            message = f"expected 'run N', 'train N', 'probe' or 'quit', got {line.strip()!r}"
            answer = {"event": "error", "message": message}
        print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser(description="One Forward-Forward training step in PyTorch, timed.")
    parser.add_argument("--start", required=True, help="safetensors: the state and the batches to begin with")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", default="all", help="several by comma, or all: the fastest is taken")
    parser.add_argument("--prove", action="store_true", help="only tell the losses of the first steps")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="bfloat16: autocast")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    # Moments of pixels that are never lit decay into the denormal range, where this processor is many times slower.
    if not torch.set_flush_denormal(True):
        print("this processor cannot flush denormals", file=sys.stderr)

    names = VARIANTS if options.variant == "all" else options.variant.split(",")
    unknown = [name for name in names if name not in VARIANTS]
    if unknown:
        parser.error(f"--variant: {unknown[0]!r} is none of {', '.join(VARIANTS)}")
    start, bfloat16 = Start(options.start), options.precision == "bfloat16"
    if options.prove:
        print(json.dumps({name: losses_of(Step(start, name, bfloat16), start.count) for name in names}))
        return
    variant, step, table = pick(start, names, bfloat16)
    serve(step, {
        "threads": torch.get_num_threads(), "precision": options.precision,
        "variant": variant, "variants": table, "peakGflops": matrix_product_speed(), **build(),
    })


if __name__ == "__main__":
    main()
