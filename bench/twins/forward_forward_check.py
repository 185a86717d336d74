#!/usr/bin/env python3
"""Holds every variant of the Forward-Forward twin to a float64 NumPy reference: a JSON line for each, and how it ended.

    python3 bench/twins/forward_forward_check.py
"""

import json
import sys

import numpy
import torch

from forward_forward_twin import (
    ALPHA, BETA1, BETA2, EPSILON, LABELS, LEARNING_RATE, VARIANTS, Step, make_batches, make_parameters
)


def reference_steps(widths, batch, items, steps, seed=0):
    """Float64 NumPy, written from the equations: losses [steps, layers] and the parameters and first gradients."""
    parameters = [p.numpy().astype(numpy.float64) for p in make_parameters(widths, seed)[0]]
    first = [numpy.zeros_like(p) for p in parameters]
    second = [numpy.zeros_like(p) for p in parameters]
    all_losses, first_gradients = [], None
    for step in range(steps):
        images, labels, uniform = (part.numpy() for part in items[step % len(items)])
        x = numpy.concatenate([images, images]).astype(numpy.float64)
        wrong = (labels + 1 + (uniform * numpy.float32(LABELS - 1)).astype(int)) % LABELS
        assert (wrong != labels).all()
        x[:, :LABELS] = numpy.eye(LABELS)[numpy.concatenate([labels, wrong])]
        gradients, losses = [], []
        for weight, bias in zip(parameters[::2], parameters[1::2]):
            normal = x / (numpy.sqrt((x * x).mean(1, keepdims=True)) + 1e-8)
            z = normal @ weight + bias
            y = numpy.maximum(z, 0)
            goodness = (y * y).mean(1)
            margin = goodness[:batch] - goodness[batch:]
            losses.append(numpy.log1p(numpy.exp(-ALPHA * margin)).mean())
            slope = -ALPHA / (1 + numpy.exp(ALPHA * margin)) / batch
            delta = numpy.concatenate([slope, -slope])[:, None] * (2 / y.shape[1]) * y * (z > 0)
            gradients += [normal.T @ delta, delta.sum(0)]
            x = y
        first_gradients = first_gradients or gradients
        for index, gradient in enumerate(gradients):
            first[index] = BETA1 * first[index] + (1 - BETA1) * gradient
            second[index] = BETA2 * second[index] + (1 - BETA2) * gradient**2
            unbiased_first = first[index] / (1 - BETA1 ** (step + 1))
            unbiased_second = second[index] / (1 - BETA2 ** (step + 1))
            parameters[index] -= LEARNING_RATE * unbiased_first / (numpy.sqrt(unbiased_second) + EPSILON)
        all_losses.append(losses)
    return numpy.array(all_losses), parameters, first_gradients


def self_check():
    """Every variant against the reference; returns a list of rows, each with its greatest relative errors."""
    widths, batch, steps = [784, 96, 64], 16, 5
    items = make_batches(widths[0], batch, 3, seed=1)
    losses, parameters, gradients = reference_steps(widths, batch, items, steps)
    report = []
    for bfloat16 in (False, True):
        for shared in (False, True):
            for variant in VARIANTS:
                step = Step(widths, batch, items, variant, shared, bfloat16)
                seen, seen_gradients = [], None
                for index in range(steps):
                    seen.append([float(loss) for loss in step(index)])
                    if seen_gradients is None:
                        found = step.gradients or [parameter.grad for parameter in step.parameters]
                        seen_gradients = [gradient.double().numpy() for gradient in found]
                loss_error = numpy.abs(numpy.array(seen) / losses - 1).max()
                gradient_error = max(
                    numpy.linalg.norm(s - g) / numpy.linalg.norm(g) for s, g in zip(seen_gradients, gradients)
                )
                # Adam divides tiny gradients by their own size: single elements may differ by a whole step where
                # rounding decides a sign, so that only the mean can be held tightly.
                ends = [parameter.detach().double().numpy() for parameter in step.parameters]
                mean_error = max(numpy.abs(s - p).mean() for s, p in zip(ends, parameters))
                # bfloat16 keeps 8 bits, and a gradient here is the small difference of two nearly equal halves.
                if bfloat16:
                    right = loss_error < 0.02 and gradient_error < 0.2
                else:
                    right = loss_error < 1e-5 and gradient_error < 1e-5 and mean_error < 1e-3 * LEARNING_RATE
                report.append({
                    "variant": variant, "shared": shared, "precision": "bfloat16" if bfloat16 else "float32",
                    "lossError": loss_error, "gradientError": gradient_error, "weightError": mean_error,
                    "right": bool(right),
                })
    return report


if __name__ == "__main__":
    torch.set_flush_denormal(True)
    rows = self_check()
    for row in rows:
        print(json.dumps(row))
    sys.exit(0 if all(row["right"] for row in rows) else 1)
