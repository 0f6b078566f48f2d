"""How time grows: `make scale` plays scenarios of rising size and plots what they took (build/scale.svg; with images of
MNIST where $ARENA_DATA has them).

Each point is a whole match, played once with an empty store, in a process of its own; the dotted line is what growth in
proportion would be.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import arena
from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.report.plots import COLOURS, figure, svg
from tests.benchmarks.test_bench_messages import chatting

DIGITS = {"dataset": "digits", "network": "digits-cnn", "epochs": 4, "rate": 2e-3, "schedule": "one-cycle"}


def triggers(count):
    """A marked host, a thief, a verdict."""
    return {"title": "triggers", "seed": 1, "task": DIGITS, "agents": {
        "alice": {"role": "owner", "reference": False, "scheme": {"rose": {"triggers": count}}},
        "mallory": {"role": "attacker"}, "victor": {"role": "verifier"}}}


def images(count):
    """The same with 32 triggers and so many images of MNIST for one epoch."""
    scenario = triggers(32)
    return {**scenario, "title": "images", "task": {"dataset": "mnist", "network": "rose-cnn", "epochs": 1,
                                                    "limit": count, "tests": 1000}}


def agents(count):
    """So many independent hosts of no epoch, each asked by the verifier for one owner."""
    scenario = triggers(32)
    others = {f"bob{n}": {"role": "attacker", "attacks": ["independent-host"]} for n in range(count - 2)}
    cast = scenario["agents"]
    return {**scenario, "title": "agents", "task": {**DIGITS, "epochs": 1},
            "agents": {"alice": cast["alice"], **others, "victor": cast["victor"]}}


def messages(count):
    """Two who talk."""
    return chatting(2, turns=10, messages=count // 20)


AXES = {"triggers": (triggers, (8, 32, 128, 512, 1024)), "images": (images, (1000, 4000, 15_000, 60_000)),
        "agents": (agents, (4, 20, 60, 200)), "messages": (messages, (400, 2000, 10_000, 40_000))}


def measured(make, size, data):
    """Seconds of one match."""
    with tempfile.TemporaryDirectory() as store:
        start = time.perf_counter()
        result = arena.play(make(size), store=store, data=data, threads=1)
        assert result.status == "finished" and not result.faults, result
        return time.perf_counter() - start


def main(out):
    """Writes OUT.json and OUT.svg."""
    found, data = {}, os.environ.get("ARENA_DATA")
    for name, (make, sizes) in AXES.items():
        if name == "images" and data is None:
            continue
        found[name] = [(size, round(measured(make, size, data), 2)) for size in sizes]
        print(name, found[name], flush=True)
    write_atomically(Path(out).with_suffix(".json"), (json.dumps({"machine": machine(), "seconds": found}, indent=1)
                                                      + "\n").encode())
    write_atomically(Path(out).with_suffix(".svg"), plot(found).encode())


def plot(found):
    """Seconds against size, both by powers of ten."""
    drawing, axes = figure(6.4, 4.2)
    for (name, points), colour in zip(found.items(), COLOURS, strict=False):
        sizes, seconds = zip(*points, strict=True)
        axes.plot(sizes, seconds, color=colour, marker="o", label=name)
        axes.plot(sizes, [seconds[-1] * size / sizes[-1] for size in sizes], color=colour, linestyle=":", linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel="triggers, images, agents, messages", ylabel="seconds of the match")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")  # the usual ones are formulas, which aren't parsed here
    axes.legend(frameon=False)
    return svg(drawing)


if __name__ == "__main__":
    main(*sys.argv[1:])
