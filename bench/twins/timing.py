"""Timing of steps beside other processes, the machine's own product speed, and what PyTorch was built with."""

import os
import statistics
import sys
import time

import torch


def busy_seconds():
    """Processor time used by everybody on this machine, and by this process: None where /proc/stat is not there."""
    try:
        with open("/proc/stat") as stat:
            fields = [int(field) for field in stat.readline().split()[1:9]]
    except OSError:
        return None
    user, nice, system, _idle, _wait, irq, soft, steal = fields
    everybody = (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")
    own = os.times()
    return everybody, own.user + own.system


def others_share(before, after, seconds):
    """Share of one core that other processes (and the host) took meanwhile: a measure of the noise."""
    if before is None or seconds <= 0:
        return None
    return max(0.0, ((after[0] - before[0]) - (after[1] - before[1])) / seconds)


def wait_until_quiet(limit):
    """Waits until other processes use less than 5 % of a core, at most `limit` seconds."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        before, start = busy_seconds(), time.perf_counter()
        time.sleep(0.25)
        share = others_share(before, busy_seconds(), time.perf_counter() - start)
        if share is None or share < 0.05:
            return


def time_steps(step, start, steps, chunk, quiet):
    """ms per step over chunks, and the index after them. `cpu` is processor time, less disturbed by others."""
    samples, cpu, shares, index = [], [], [], start
    while steps > 0:
        count = min(chunk, steps)
        if quiet:
            wait_until_quiet(quiet)
        before, begin, begin_cpu = busy_seconds(), time.perf_counter(), time.process_time()
        for _ in range(count):
            losses = step(index)
            index += 1
        seconds = time.perf_counter() - begin
        cpu.append((time.process_time() - begin_cpu) / count * 1e3)
        samples.append(seconds / count * 1e3)
        shares.append(others_share(before, busy_seconds(), seconds))
        steps -= count
    shares = [share for share in shares if share is not None]
    return {
        "chunks": len(samples), "median": statistics.median(samples), "min": min(samples), "max": max(samples),
        "cpu": statistics.median(cpu),
        "others": statistics.median(shares) if shares else None, "losses": [float(loss) for loss in losses],
    }, index


def matrix_product_speed(repeats=15, size=1024):
    """The machine's own matrix product, as PyTorch reaches it: the best GFLOP/s of size^3 in float32."""
    a, b, out = torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        torch.mm(a, b, out=out)
        times.append(time.perf_counter() - begin)
    return 2 * size**3 / min(times) / 1e9


def build():
    blas = None
    try:
        with open("/proc/self/maps") as maps:
            blas = sorted({line.split()[-1] for line in maps if "blas" in line and ".so" in line})
    except OSError:
        pass
    return {"torch": torch.__version__, "build": torch.__config__.show(), "python": sys.executable, "blas": blas}
