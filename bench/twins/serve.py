"""What the PyTorch twins of the rules share: they prove that they are twins, and time a step on request, line by line."""

import argparse
import json
import sys
import time

import torch

from start import Start
from timing import build


def losses_of(step, count):
    """The losses of the first steps, by name: as many of each as there were steps that have it."""
    told = {}
    for index in range(count):
        for name, loss in step(index).items():
            told.setdefault(name, []).append(float(loss))
    return told


def serve(make_steps, proves_in=torch.float32):
    """
    Answers one JSON line to each line read: `run N` takes N steps and gives the mean time of one in milliseconds.

    `make_steps(case, start)` gives the variants of a named case, {name: step}, all of them at our side's first state; each
    `step(index)` takes batch `index` and returns losses by the names that they have there, as float tensors.
    With `--prove` nothing is timed: the losses of every variant's first steps are told, for our side to compare. Else the
    fastest variant is served. Denormals are flushed, as they are on our side. `proves_in`: the type of numbers in which
    losses are told; in float64 only our side rounds, where steps make much of little.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", required=True, help="the network and settings, by name")
    parser.add_argument("--start", required=True, help="safetensors: the state and the batches to begin with")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prove", action="store_true", help="only tell the losses of the first steps")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if not torch.set_flush_denormal(True):
        print("this processor cannot flush denormals", file=sys.stderr)

    if options.prove:
        torch.set_default_dtype(proves_in)
    start = Start(options.start)
    variants = make_steps(options.case, start)
    if options.prove:
        print(json.dumps({name: losses_of(step, start.count) for name, step in variants.items()}))
        return
    taken = dict.fromkeys(variants, 0)

    def run(name, count):
        begin = time.perf_counter()
        for _ in range(count):
            variants[name](taken[name])
            taken[name] += 1
        seconds = time.perf_counter() - begin
        return {"ms": 1000 * seconds / count, "taken": taken[name]}

    for name in variants:
        run(name, 2)
    times = {name: min(run(name, 2)["ms"] for _ in range(2)) for name in variants}
    best = min(times, key=times.get)
    about = {"case": options.case, "variant": best, "variants": times, "threads": torch.get_num_threads(), **build()}
    print(json.dumps({"event": "ready", **about}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "quit":
            return
        if words[0] == "run" and len(words) == 2 and words[1].isdigit() and int(words[1]) > 0:
            answer = {"event": "run", **run(best, int(words[1]))}
        else:
            answer = {"event": "error", "message": f"expected 'run N' or 'quit', got {line.strip()!r}"}
        print(json.dumps(answer), flush=True)
