#!/usr/bin/env python3
"""The PyTorch twin of hopfield-vae: one training step of each variant, by the names of its presets.

Cases: f, h, th, dh, tdh (784-256-16, batch 128; T1/T2 20/10 layered, 60/20 dense), quick (layered, 784-128-16, batch 64).
The equilibria need no autograd: currents are addmm, two signs of a nudge are settled in one batch, states are updated in
place. F is by autograd. Couplings within a layer are whole symmetric matrices with a zero diagonal.
"""

import math

import torch
from serve import serve

LATENT = 16
SIGMA_X = SIGMA_Z = 0.31
NUDGE, ENCODER_NUDGE, DAMPING = 0.2, 0.1, 0.5
GAIN, SHIFT = 4.0, -2.0

# name: (variant, T1, T2, rate)
CASES = {
    "f": ("F", 20, 10, 1e-3),
    "h": ("H", 20, 10, 1e-3),
    "th": ("TH", 20, 10, 1e-3),
    "dh": ("DH", 60, 20, 1e-3),
    "tdh": ("TDH", 60, 20, 1e-3),
    "quick": ("H", 20, 10, 2e-3),
}
# Layers by their letters here.
LAYERS = {"v": "visible", "h": "hidden", "l": "latent"}


def unpacked(folded, units):
    """A whole symmetric matrix without diagonal from its lower triangle, which our side keeps folded in half."""
    rows, width = folded.shape
    lower = torch.arange(width) < torch.arange(rows)[:, None] + units - rows
    triangle = torch.zeros(units, units)
    triangle[units - rows :, :width] = folded * lower
    triangle[units % 2 : units % 2 + rows, :width] += (folded * ~lower).flip(0, 1)
    return triangle + triangle.T


def network(start, name):
    """Couplings [lower, upper] by the two layers' letters, and the layers' biases."""
    weights = {letter: start.parameter(f"{name}.{layer}.bias", False) for letter, layer in LAYERS.items()}
    for lower, upper in ("vh", "hl", "vl", "vv", "hh"):
        stored = start.state.get(f"{name}.{LAYERS[upper]}.{LAYERS[lower]}")
        if stored is None:
            continue
        weights[lower + upper] = unpacked(stored, len(weights[lower])) if lower == upper else stored.clone()
    return weights


def coupling(weights, source, to):
    """The matrix that carries states of one layer to another, or None."""
    stored = weights.get(source + to)
    if stored is not None:
        return stored
    stored = weights.get(to + source)
    return None if stored is None else stored.T


class Settling:
    """A network with one layer clamped; the hidden units are logistic, the output ones too or linear."""

    def __init__(self, weights, clamped, output, value, logistic, dense):
        self.logistic = logistic
        self.damping = DAMPING if dense else 0.0
        self.inputs = []
        for to, gain, shift in (("h", GAIN, SHIFT), (output, GAIN if logistic else 1.0, SHIFT if logistic else 0.0)):
            direct = coupling(weights, clamped, to)
            bias = weights[to] * gain + shift
            if direct is None:
                constant = bias.expand(len(value), -1)
            else:
                constant = torch.addmm(bias, value, direct, alpha=gain)
            carry = [coupling(weights, source, to) for source in ("h", output)]
            # With the gain in the weights, a sweep has no passes but those it needs.
            self.inputs.append((constant, [None if w is None else w * gain for w in carry]))

    def currents(self, constant, carry, states):
        terms = [(s, w) for s, w in zip(states, carry) if w is not None]
        total = torch.addmm(constant, *terms[0])
        for s, w in terms[1:]:
            total.addmm_(s, w)
        return total

    def settle(self, sweeps, hidden, output, constants, damping, follow=None):
        (_, to_hidden), (_, to_output) = self.inputs
        for _ in range(sweeps):
            next_hidden = self.currents(constants[0], to_hidden, (hidden, output)).sigmoid_()
            hidden = next_hidden if self.damping == 0 else hidden.lerp(next_hidden, 1 - self.damping)
            own = self.currents(constants[1], to_output, (hidden, output))
            if follow is not None:
                own.addcmul_(output, follow, value=-1)
            if self.logistic:
                own.sigmoid_()
            output = own if damping == 0 else output.lerp(own, 1 - damping)
        return hidden, output

    def free(self, sweeps):
        constants = [constant for constant, _ in self.inputs]
        return self.settle(sweeps, *(torch.zeros_like(c) for c in constants), constants, self.damping)

    def nudged(self, states, sweeps, held, follow=None, damping=0.0):
        """`held`: the constant part of the force on the output's currents, for both signs; `follow`: times the output."""
        constants = [torch.cat([c, c]) for c, _ in self.inputs]
        constants[1] = constants[1] + held
        start = (torch.cat([s, s]) for s in states)
        hidden, output = self.settle(sweeps, *start, constants, max(damping, self.damping), follow)
        return hidden.chunk(2), output.chunk(2)


def contrast(pair, per_two_beta):
    plus, minus = pair
    return (plus - minus) * per_two_beta, (plus + minus) * 0.5


def gradients(weights, slopes, means, into):
    """Adds -(d_i m_j + m_i d_j), the mean over the batch, to the gradients of what is coupled."""
    for name, stored in weights.items():
        if len(name) == 1:
            if name in slopes:
                into[name].sub_(slopes[name].mean(0))
            continue
        lower, upper = name
        share = -1 / len(means[lower])
        if lower == upper:
            if lower in slopes:
                half = slopes[lower].T @ means[lower]
                own = half + half.T
                own.fill_diagonal_(0)
                into[name].add_(own, alpha=share)
        else:
            if lower in slopes and upper in slopes:
                left = torch.cat([slopes[lower], means[lower]])
                right = torch.cat([means[upper], slopes[upper]])
            elif upper in slopes:
                left, right = means[lower], slopes[upper]
            else:
                left, right = slopes[lower], means[upper]
            into[name].addmm_(left.T, right, alpha=share)


def equilibrium_step(networks, dense, free, nudged):
    encoder, decoder = networks[0], networks[-1]

    def step(x, noise):
        with torch.no_grad():
            batch = len(x)
            sign = torch.ones(2 * batch, 1)
            sign[batch:] = -1
            encoding = Settling(encoder, "v", "l", x, False, dense)
            code = encoding.free(free)
            mean = code[1]
            z = mean + SIGMA_Z * noise
            decoding = Settling(decoder, "l", "v", z, True, dense)
            image = decoding.free(free)
            pull = sign * (NUDGE * GAIN)
            hidden, visible = decoding.nudged(image, nudged, torch.cat([x, x]) * pull, pull, 0.5)
            per_two_beta = 1 / (2 * NUDGE * SIGMA_X**2)
            slopes, means = {}, {"l": z}
            for name, pair in (("h", hidden), ("v", visible)):
                slopes[name], means[name] = contrast(pair, per_two_beta)
            for weights in networks:
                for parameter in weights.values():
                    parameter.grad.zero_()
            gradients(decoder, slopes, means, {k: w.grad for k, w in decoder.items()})
            error = mean - slopes["h"] @ decoder["hl"]
            if dense:
                error.sub_(slopes["v"] @ decoder["vl"])

            length = error.norm(dim=1, keepdim=True).clamp_(min=2 * ENCODER_NUDGE)
            held = error * (ENCODER_NUDGE / length)
            hidden, latent = encoding.nudged(code, nudged, torch.cat([-held, held]))
            slopes, means = {}, {"v": x}
            for name, pair in (("h", hidden), ("l", latent)):
                slopes[name], means[name] = contrast(pair, length * (0.5 / ENCODER_NUDGE))
            gradients(encoder, slopes, means, {k: w.grad for k, w in encoder.items()})
            squared = (image[1] - x).square().sum(1)
            divergence = 0.5 * (mean.square().sum(1) + LATENT * (SIGMA_Z**2 - 1 - 2 * math.log(SIGMA_Z)))
            return {"J": (squared / (2 * SIGMA_X**2) + divergence).mean()}

    return step


def gradient_step(networks):
    encoder, decoder = networks

    def logistic(a):
        return torch.sigmoid(GAIN * a + SHIFT)

    def step(x, noise):
        for weights in networks:
            for parameter in weights.values():
                parameter.grad.zero_()
        hidden = logistic(torch.addmm(encoder["h"], x, encoder["vh"]))
        mean = torch.addmm(encoder["l"], hidden, encoder["hl"])
        z = mean + SIGMA_Z * noise
        back = logistic(torch.addmm(decoder["h"], z, decoder["hl"].T))
        image = logistic(torch.addmm(decoder["v"], back, decoder["vh"].T))
        squared = (image - x).square().sum(1)
        divergence = 0.5 * (mean.square().sum(1) + LATENT * (SIGMA_Z**2 - 1 - 2 * math.log(SIGMA_Z)))
        loss = (squared / (2 * SIGMA_X**2) + divergence).mean()
        loss.backward()
        return {"J": loss.detach()}

    return step


def make_steps(case, start):
    variant, free, nudged, rate = CASES[case]
    dense, tied = "D" in variant, "T" in variant
    data = [(batch["x"].flatten(1), batch["noise.posterior"]) for batch in start.batches]
    steps = {}
    for foreach in (True, False):
        networks = [network(start, name) for name in (["network"] if tied else ["encoder", "decoder"])]
        for weights in networks:
            for parameter in weights.values():
                parameter.requires_grad_(True)
                parameter.grad = torch.zeros_like(parameter)
        # What only clamped units share is never taught.
        inert = [] if tied else [networks[0]["v"], networks[1]["l"], *([networks[0]["vv"]] if dense else [])]
        learned = [p for weights in networks for p in weights.values() if not any(p is other for other in inert)]
        optimiser = torch.optim.Adam(learned, lr=rate, foreach=foreach)
        take = gradient_step(networks) if variant == "F" else equilibrium_step(networks, dense, free, nudged)

        def step(index, take=take, optimiser=optimiser):
            loss = take(*data[index % len(data)])
            optimiser.step()
            return loss

        steps["foreach" if foreach else "loop"] = step
    return steps


if __name__ == "__main__":
    serve(make_steps)
