"""What the PyTorch twins of the rules share: a step is timed on request, line by line, so that two sides take turns."""

import argparse
import json
import sys
import time

import torch

from timing import build


def serve(make_steps):
    """
    Answers one JSON line to each line read: `run N` takes N steps and gives the mean time of one in milliseconds.

    `make_steps(case)` gives the variants of a named case, {name: step}, each `step(index) -> loss` (a float tensor);
    the fastest is served. Denormals are flushed, as they are on our side.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", required=True, help="the network and settings, by name")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if not torch.set_flush_denormal(True):
        print("this processor cannot flush denormals", file=sys.stderr)

    variants = make_steps(options.case)
    taken = dict.fromkeys(variants, 0)

    def run(name, count):
        start = time.perf_counter()
        for _ in range(count):
            loss = variants[name](taken[name])
            taken[name] += 1
        seconds = time.perf_counter() - start
        return {"ms": 1000 * seconds / count, "loss": float(loss), "taken": taken[name]}

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
