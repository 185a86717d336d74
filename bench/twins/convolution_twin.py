#!/usr/bin/env python3
"""The PyTorch twin of a convolution and its weight gradient, timed: one JSON line.

With `--prove` it only tells what comes out of our side's numbers.

    python3 bench/twins/convolution_twin.py --threads 2 --steps 8
"""

import argparse
import json
import sys

import torch

from start import read_safetensors
from timing import build, matrix_product_speed, time_steps


LAYOUTS = {"contiguous": torch.contiguous_format, "channelsLast": torch.channels_last}
# Mini-batches of a proof, and the rate of our side's step, which changes the weights a little.
PROVEN, RATE = 10, 1e-9


@torch.no_grad()
def both(x, weight, delta):
    """The convolution, and the gradient of its weights."""
    y = torch.conv2d(x, weight, padding=1)
    _, gradient, _ = torch.ops.aten.convolution_backward(
        delta, x, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [False, True, False]
    )
    return y, gradient


def proof(path):
    """The sums of squares of one corner of each, in both memory formats."""
    state, told = read_safetensors(path), {}
    for name, layout in LAYOUTS.items():
        x, weight, delta = (state[f"state.{own}"].contiguous(memory_format=layout) for own in ("x", "w", "delta"))
        told[name] = {"y": [], "gradient": []}
        for _ in range(PROVEN):
            y, gradient = both(x, weight, delta)
            weight = weight + gradient * RATE
            for sums, own in zip(told[name].values(), (y, gradient)):
                sums.append(float(own[0, 0].square().sum()))
    return told


def convolution(options):
    """3x3, 64 to 128 channels, 32x32, padding 1: forward and weight gradient, the faster of the two memory formats."""
    rows = options.batch
    best = {}
    flops = 2 * 2 * rows * 128 * 64 * 9 * 32 * 32
    for name, layout in LAYOUTS.items():
        x = torch.randn(rows, 64, 32, 32).contiguous(memory_format=layout)
        weight = torch.randn(128, 64, 3, 3).contiguous(memory_format=layout)
        delta = torch.randn(rows, 128, 32, 32).contiguous(memory_format=layout)

        def step(_index):
            y, _ = both(x, weight, delta)
            return [y[0, 0, 0, 0]]

        step(0)
        best[name], _ = time_steps(step, 0, options.steps, 1, 0)
    layout = min(best, key=lambda name: best[name]["median"])
    peak = matrix_product_speed()
    return {
        "event": "convolution", "batch": rows, "threads": options.threads, "layout": layout, "layouts": best,
        "ms": best[layout], "gflops": flops / best[layout]["median"] / 1e6, "peakGflops": peak,
        "shareOfPeak": flops / best[layout]["median"] / 1e6 / peak, **build(),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=64, help="images")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--start", help="safetensors: our side's numbers")
    parser.add_argument("--prove", action="store_true", help="only tell what comes out of them")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if not torch.set_flush_denormal(True):
        print("this processor cannot flush denormals", file=sys.stderr)
    print(json.dumps(proof(given.start) if given.prove else convolution(given)))
