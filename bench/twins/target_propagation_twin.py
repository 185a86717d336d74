#!/usr/bin/env python3
"""The PyTorch twin of target-propagation: inverses, then layers, on one batch, by the names of the rule's presets.

Cases, all at batch 100: quick (784-256-256), difference, sign, label-autoencoder (784-500-500), drl
(784-5x256, targets from the logits), plain (784-6x256).
All gradients stay within one layer (two in the auto-encoder), so they are written by hand; no autograd. Noise is drawn
beforehand, as it is on our side. What does not change between the two steps (activities, scores) is computed once.
"""

import torch
from serve import serve

CLASSES, BATCH = 10, 100
DAMPING = 1.4e-3

# name: (hidden widths, units, form, first target, step, noise, rate of layers, of the output, of the inverses)
CASES = {
    "quick": ([256] * 2, "tanh", "difference", "gradient", 0.3, 0.3, 3e-3, 3e-3, 3e-3),
    "difference": ([500] * 2, "tanh", "difference", "gradient", 0.3, 0.3, 2e-3, 2e-3, 2e-3),
    "drl": ([256] * 5, "tanh", "drl", "output", 0.3, 0.0569, 2e-3, 2e-3, 3e-3),
    "sign": ([500] * 2, "sign", "difference", "gradient", 1.0, 0.5, 1e-3, 2e-3, 2e-3),
    "plain": ([256] * 6, "tanh", "plain", "gradient", 0.3, 0.3, 2e-3, 2e-3, 2e-3),
    "label-autoencoder": ([500] * 2, "tanh", "difference", "label-autoencoder", 0.3, 0.3, 2e-3, 2e-3, 2e-3),
}


def dense(start, name):
    """Weights [in, out] and biases, with places for their gradients."""
    layer = start.dense(name, False)
    for parameter in layer:
        parameter.grad = torch.zeros_like(parameter)
    return layer


def affine(layer, x):
    return torch.addmm(layer[1], x, layer[0])


def teach(layer, x, delta):
    """The gradients of a layer from what it read and the slopes [B, out] of the mean loss."""
    torch.mm(x.T, delta, out=layer[0].grad)
    torch.sum(delta, 0, out=layer[1].grad)


class Network:
    def __init__(self, case, start):
        widths, self.units, self.form, self.first, self.step, self.noise, *self.rates = CASES[case]
        self.last = len(widths) - 1
        self.layers = [dense(start, f"layers.{i}") for i in range(len(widths) + 1)]
        inverses = len(widths) - (0 if self.first == "output" else 1)
        self.inverses = [dense(start, f"inverses.{i}") for i in range(inverses)]
        self.autoencoder = []
        if self.first == "label-autoencoder":
            self.autoencoder = [dense(start, f"autoencoder.{part}") for part in ("encoder", "decoder")]

    def sent(self, i, h):
        return h.sign() if self.units == "sign" and i < self.last else h

    def code(self, i, v):
        """What the inverse of level i reads of a value there."""
        return v.sign() if self.units == "sign" and i <= self.last else v

    def up(self, i, v):
        """From the activity of level i to that of level i + 1."""
        u = affine(self.layers[i + 1], self.sent(i, v))
        return u if i == self.last else u.tanh_()

    def down(self, i, v):
        return affine(self.inverses[i], self.code(i + 1, v)).tanh_()

    def targets(self, levels, returned, top, lowest=0):
        """Of the levels from `lowest` up. `returned`: g_i(h_(i+1)) by i, or none in plain form."""
        targets = [top]
        for i in reversed(range(lowest, len(levels) - 1)):
            target = self.down(i, targets[0])
            if returned is not None:
                target = target.sub_(returned[i]).add_(levels[i])
            targets.insert(0, target)
        return targets

    def learn_inverses(self, levels, noise):
        returned = [self.down(i, levels[i + 1]) for i in range(len(self.inverses))] if self.form == "drl" else None
        for i, inverse in enumerate(self.inverses):
            v = levels[i] + noise["inverses"][i] * self.noise
            if self.form != "drl":
                read = self.code(i + 1, self.up(i, v))
                back = affine(inverse, read).tanh_()
                teach(inverse, read, (back - v) * (1 - back * back) * (2 / BATCH))
                continue
            top = v
            for k in range(i, len(levels) - 1):
                top = self.up(k, top)
            arrived = self.targets(levels, returned, top, i + 1)[0]
            back = self.down(i, arrived)
            error = (levels[i] + back - returned[i] - v) * (2 / (BATCH * self.noise**2))
            read = torch.cat([arrived, levels[i + 1]])
            slopes = torch.cat([error * (1 - back * back), error * (returned[i] * returned[i] - 1)])
            teach(inverse, read, slopes)
            inverse[0].grad.add_(inverse[0], alpha=DAMPING)

    def learn_autoencoder(self, code, labels, noise):
        encoder, decoder = self.autoencoder
        read = torch.cat([code + noise["autoencoder"], labels], 1)
        middle = affine(encoder, read).tanh_()
        back = affine(decoder, middle).tanh_()
        slopes = (back - code) * (1 - back * back) * (2 / BATCH)
        teach(decoder, middle, slopes)
        teach(encoder, read, (slopes @ decoder[0].T) * (1 - middle * middle))

    def reconstructed(self, code, classes):
        encoder, decoder = self.autoencoder
        return affine(decoder, affine(encoder, torch.cat([code, classes], 1)).tanh_()).tanh_()

    def learn_layers(self, inputs, activities, levels, probabilities, labels):
        error = probabilities - labels
        top = activities[-1]
        if self.first == "gradient":
            target = torch.addmm(top, error, self.layers[-1][0].T, alpha=-self.step)
        elif self.first == "output":
            target = levels[-1] - error * self.step
        else:
            target = top + self.reconstructed(top, labels) - self.reconstructed(top, probabilities)
        plain = self.form == "plain"
        returned = None if plain else [self.down(i, levels[i + 1]) for i in range(len(self.inverses))]
        targets = self.targets(levels, returned, target)
        for i, h in enumerate(activities):
            teach(self.layers[i], inputs[i], (h - targets[i]) * (1 - h * h) * (1 / BATCH))
        teach(self.layers[-1], inputs[-1], error * (1 / BATCH))


def make_steps(case, start):
    steps = {}
    for foreach in (True, False):
        net = Network(case, start)

        def given(batch, net=net):
            return {
                "x": batch["x"].flatten(1),
                "labels": torch.nn.functional.one_hot(batch["labels"], CLASSES).float(),
                "inverses": [batch[f"noise.feedback.layers.{i}.noise"] for i in range(len(net.inverses))],
                "autoencoder": batch.get("noise.feedback.autoencoder"),
            }

        data = [given(batch) for batch in start.batches]
        rate, output_rate, inverse_rate = net.rates
        feedback = [p for layer in [*net.inverses, *net.autoencoder] for p in layer]
        groups = [
            {"params": [p for layer in net.layers[:-1] for p in layer], "lr": rate},
            {"params": net.layers[-1], "lr": output_rate},
        ]
        forward_optimiser = torch.optim.Adam(groups, foreach=foreach)
        feedback_optimiser = torch.optim.Adam(feedback, lr=inverse_rate, foreach=foreach)

        def step(index, net=net, data=data, one=forward_optimiser, two=feedback_optimiser):
            with torch.no_grad():
                given = data[index % len(data)]
                inputs, activities = [given["x"]], []
                for i, layer in enumerate(net.layers[:-1]):
                    activities.append(affine(layer, inputs[-1]).tanh_())
                    inputs.append(net.sent(i, activities[-1]))
                scores = affine(net.layers[-1], inputs[-1])
                levels = [*activities, scores] if net.first == "output" else activities
                net.learn_inverses(levels, given)
                if net.autoencoder:
                    net.learn_autoencoder(activities[-1], given["labels"], given)
                two.step()
                logs = scores.log_softmax(1)
                net.learn_layers(inputs, activities, levels, logs.exp(), given["labels"])
                one.step()
                return {"loss": -(logs * given["labels"]).sum() / BATCH}

        steps["foreach" if foreach else "loop"] = step
    return steps


if __name__ == "__main__":
    serve(make_steps)
