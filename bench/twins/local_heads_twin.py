#!/usr/bin/env python3
"""The PyTorch twin of local-heads: one training step of nets S and M, by local heads or by backpropagation: see serve.py.

Written from the equations in src/rules/local-heads, src/rules/speed-run and src/nn/muon.ts. Cases: local (each layer has
a head and a loss of its own) and backpropagation (heads=last, with a window over all layers). Sizes are those of the
state that is given; everything else is as in the presets s and m, at the begin of a training: step sizes are whole.

    python3 bench/twins/local_heads_twin.py --case local --start start.safetensors --threads 2
"""

from typing import List

import torch
import torch.nn.functional as F
from serve import serve

LAYERS, POOL_AFTER = 6, {0, 2, 5}
# Heads read maps of at most so many rows.
MAP = 8
SMOOTHING, MOMENTUM_OF_NORM = 0.1, 0.5
RATE, MOMENTUM, ADAM_RATE, TURNS = 0.1, 0.6, 0.05, 3
# Muon's polynomial.
A, B, C = 3.4445, -4.775, 2.0315


# TorchScript reads constants as defaults alone.
def layer_of(
    x, weight, bias, running: List[torch.Tensor], pooled: bool, cut: bool, momentum: float = MOMENTUM_OF_NORM
):
    """GELU of the normalised convolution, pooled where a pooling follows. `cut`: no row that the pooling leaves out."""
    rest = x.shape[2] % 2
    if pooled and cut and rest == 1:
        u = F.conv2d(F.pad(x, [1, 0, 1, 0]), weight)
    else:
        u = F.conv2d(x, weight, padding=1)
    if pooled:
        u = F.max_pool2d(u, 2)
    # The bias behind the normalisation is the normalisation's own.
    return F.gelu(F.batch_norm(u, running[0], running[1], None, bias, True, momentum))


def loss_of(
    y, labels, parameters: List[torch.Tensor], running: List[torch.Tensor],
    momentum: float = MOMENTUM_OF_NORM, smoothing: float = SMOOTHING, most: int = MAP,
):
    """What the head of a layer says of its maps, as a loss. Parameters: those of its linear map, and its kernels."""
    weight, bias, inner = parameters
    near = -(-y.shape[2] // most)
    if near > 1:
        y = F.avg_pool2d(y, near)
    u = F.conv2d(y, inner, padding=1)
    u = F.gelu(F.batch_norm(u, running[0], running[1], None, None, True, momentum))
    side = u.shape[2]
    if side > 2:
        u = F.avg_pool2d(u, (side + 1) // 2, side // 2)
    # Flat in the order of channels, rows and columns, however the map lies in memory.
    logits = torch.addmm(bias, u.flatten(1), weight)
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


class Muon:
    """Of kernels, one by one, and in place."""

    def __init__(self, weights, layout):
        self.weights, self.layout = weights, layout
        self.moments = [torch.zeros_like(weight) for weight in weights]

    def matrix(self, kernels):
        """[out, in KH KW], its columns in the order of memory: the step of a matrix moves with its columns."""
        own = kernels.permute(0, 2, 3, 1) if self.layout == torch.channels_last else kernels
        return own.reshape(len(kernels), -1)

    @torch.no_grad()
    def step(self, gradients):
        for weight, gradient, moment in zip(self.weights, gradients, self.moments):
            gradient = gradient.contiguous(memory_format=self.layout)
            moment.mul_(MOMENTUM).add_(gradient)
            x = self.matrix(gradient.add(moment, alpha=MOMENTUM))
            x.div_(x.norm() + 1e-7)
            if x.shape[0] > x.shape[1]:
                x = x.t()
            for _ in range(TURNS):
                a = x @ x.t()
                x = torch.addmm(x, torch.addmm(a, a, a, beta=B, alpha=C), x, beta=A)
            if weight.shape[0] > weight[0].numel():
                x = x.t()
            own = self.matrix(weight)
            own.mul_(len(weight) ** 0.5 / own.norm().clamp(min=1e-12)).add_(x, alpha=-RATE)


class Net:
    def __init__(self, start, layout, heads, cut, scripted):
        self.start, self.layout, self.cut = start, layout, cut
        self.layer_of, self.loss_of = (torch.jit.script(own) if scripted else own for own in (layer_of, loss_of))
        scale = {name: start.state[f"running.0.input.{name}"] for name in ("mean", "deviation", "filters")}
        self.mean, self.deviation = (scale[name].view(1, -1, 1, 1) for name in ("mean", "deviation"))
        self.filters = scale["filters"].contiguous(memory_format=layout)
        self.layers, self.heads = [], {}
        for i in range(LAYERS):
            name = f"layers.{i}"
            own = [self.kernels(f"{name}.weight"), start.parameter(f"{name}.bias")]
            self.layers.append((own, self.statistics(f"running.{i}.norm")))
            if i in heads:
                linear = start.dense(f"{name}.head.linear")
                self.heads[i] = ([*linear, self.kernels(f"{name}.head.inner")], self.statistics(f"running.{i}.head"))

    def kernels(self, name):
        weight = self.start.parameter(name, gradient=False)
        return weight.contiguous(memory_format=self.layout).requires_grad_(True)

    def statistics(self, name):
        return [self.start.state[f"{name}.{own}"].clone() for own in ("mean", "variance")]

    @torch.no_grad()
    def prepared(self, images):
        x = ((images - self.mean) / self.deviation).contiguous(memory_format=self.layout)
        return F.gelu(F.conv2d(x, self.filters))

    def up(self, i, x):
        (weight, bias), running = self.layers[i]
        return self.layer_of(x, weight, bias, running, i in POOL_AFTER, self.cut)

    def learner(self, parameters):
        """Steps these parameters by their gradients: kernels by Muon, all else by Adam."""
        is_kernel = [p.dim() > 2 for p in parameters]
        rest = [p for p, kernel in zip(parameters, is_kernel) if not kernel]
        muon = Muon([p for p, kernel in zip(parameters, is_kernel) if kernel], self.layout)
        adam = torch.optim.Adam(rest, lr=RATE * ADAM_RATE, foreach=True)

        def step(loss):
            gradients = torch.autograd.grad(loss, parameters)
            muon.step([g for g, kernel in zip(gradients, is_kernel) if kernel])
            for p, g in zip(rest, [g for g, kernel in zip(gradients, is_kernel) if not kernel]):
                p.grad = g
            adam.step()

        return step


def local(start, *form):
    net = Net(start, form[0], range(LAYERS), *form[1:])
    learners = [net.learner([*net.layers[i][0], *net.heads[i][0]]) for i in range(LAYERS)]

    def step(index):
        batch, told = start.batch(index), {}
        x = net.prepared(batch["x"])
        for i, learn in enumerate(learners):
            y = net.up(i, x)
            loss = net.loss_of(y, batch["labels"], *net.heads[i])
            learn(loss)
            told[f"layer {i}/loss"] = loss.detach()
            x = y.detach()
        return told

    return step


def backpropagation(start, *form):
    last = LAYERS - 1
    net = Net(start, form[0], [last], *form[1:])
    learn = net.learner([p for own, _ in net.layers for p in own] + net.heads[last][0])

    def step(index):
        batch = start.batch(index)
        x = net.prepared(batch["x"])
        for i in range(LAYERS):
            x = net.up(i, x)
        loss = net.loss_of(x, batch["labels"], *net.heads[last])
        learn(loss)
        return {f"layer {last}/loss": loss.detach()}

    return step


def make_steps(case, start):
    """Both memory formats; convolutions cut to what is pooled, or whole; eager, or as TorchScript."""
    make = {"local": local, "backpropagation": backpropagation}[case]
    layouts = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}
    forms = {"whole": (False, False), "cut": (True, False), "cut, scripted": (True, True)}
    return {f"{one}, {two}": make(start, layouts[one], *forms[two]) for one in layouts for two in forms}


if __name__ == "__main__":
    serve(make_steps)
