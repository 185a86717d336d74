#!/usr/bin/env python3
"""The PyTorch twin of a step of spike-alignment's phase: the feedback weights of a network, pair by pair of its layers.

Case: quick (784-200-100-10). Noise is drawn beforehand, as it is on our side. Traces are kept while the spikes are drawn;
what they change is two products over all time steps at the end.
"""

import math

import torch
from serve import serve

# name: (t_ref, rate)
CASES = {"quick": (10, 0.4)}


def record(forward, feedback, lower_bias, upper_bias, below, above, refractory: int, decay: float, offset: float):
    """Spikes and traces [T, N, n] of both populations. `below`, `above`: uniform noise [T, N, n]."""
    lower_age = torch.full_like(below[0], refractory + 1.0)
    upper_age = torch.full_like(above[0], refractory + 1.0)
    lower, upper = torch.empty_like(below), torch.empty_like(above)
    lower_traces, upper_traces = torch.empty_like(below), torch.empty_like(above)
    lower_trace, upper_trace = torch.zeros_like(below[0]), torch.zeros_like(above[0])
    for t in range(below.shape[0]):
        lower_free, upper_free = lower_age > refractory, upper_age > refractory
        down = torch.addmm(lower_bias, (~upper_free).to(below.dtype), feedback.t())
        up = torch.addmm(upper_bias, (~lower_free).to(below.dtype), forward)
        lower_spikes = (below[t] < torch.sigmoid(down - offset)) & lower_free
        upper_spikes = (above[t] < torch.sigmoid(up - offset)) & upper_free
        lower_age = torch.where(lower_spikes, 1.0, lower_age + 1.0)
        upper_age = torch.where(upper_spikes, 1.0, upper_age + 1.0)
        lower[t] = lower_spikes.to(below.dtype)
        upper[t] = upper_spikes.to(below.dtype)
        lower_trace = lower_trace * decay + lower[t]
        upper_trace = upper_trace * decay + upper[t]
        lower_traces[t] = lower_trace
        upper_traces[t] = upper_trace
    return lower, lower_traces, upper, upper_traces


def angle(a, b):
    return torch.rad2deg(torch.acos((a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()))


def make_steps(case, start):
    refractory, rate = CASES[case]
    decay, offset = math.exp(-1 / refractory), math.log(refractory)
    steps = {}
    for name, own in {"eager": record, "script": torch.jit.script(record)}.items():
        state = {key: value.clone() for key, value in start.state.items()}

        def step(index, state=state, own=own):
            batch = start.batches[index % len(start.batches)]
            told = {}
            k = 0
            while f"feedback.{k}" in state:
                below, above = batch[f"noise.feedback.{k}.lower"], batch[f"noise.feedback.{k}.upper"]
                forward, feedback = state[f"layers.{k + 1}.weight"], state[f"feedback.{k}"]
                biases = state[f"layers.{k}.bias"], state[f"layers.{k + 1}.bias"]
                trains = own(forward, feedback, *biases, below, above, refractory, decay, offset)
                lower, lower_traces, upper, upper_traces = (train.flatten(0, 1) for train in trains)
                change = lower_traces.t() @ upper - lower.t() @ upper_traces
                feedback.add_(change, alpha=rate / (below.shape[1] * 2 * refractory))
                told[f"feedback to layer {k}/angle"] = angle(forward, feedback)
                k += 1
            return told

        steps[name] = step
    return steps


if __name__ == "__main__":
    with torch.no_grad():
        serve(make_steps)
