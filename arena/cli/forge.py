"""What `arena forge` does: measures this machine, fakes keys at levels 0 to 3, prints, plots, and says what a verifier
should ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from arena.base.draws import Draws, master_of, world_of
from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.hosts.networks import Network
from arena.pricing import forge as forging
from arena.pricing import lower, measure
from arena.report.forging_plot import draw
from arena.scenario.scenario import Scenario, build_task
from arena.workshop.workshop import Workshop


def forge(loaded: Scenario, options: Any, out: Path, budget: float, cost: int) -> int:
    """Measures, forges for `budget` seconds, writes OUT.json and OUT.png, prints the table and the sentence a verifier
    needs."""
    shop = Workshop(build_task(loaded.task), Draws.of(loaded.seed, "forger").secret, "forger",
                    replace(options, world=world_of(master_of(loaded.seed)), folder=str(loaded.path.parent)))
    triggers, bound = loaded.asked()
    setting = forging.Setting(triggers, len(shop.dataset.classes), shop.dataset.shape, options.threads)
    forging.check(setting, bound, budget)
    print(f"{setting.triggers} triggers of {setting.classes} classes, images {setting.shape}, {setting.threads} "
          f"threads, network {shop.task.network}")
    print("  the host is trained first, or taken from the store", flush=True)
    host = shop.host(shop.dataset.parts["train"], "host to forge for")
    rates, engine = _rates(setting, host, shop, cost)
    points = _points(setting, host, shop, rates, budget, cost)
    priced = forging.Priced(setting, tuple(points), rates, engine, bound, machine())
    write_atomically(out.with_suffix(".json"), (json.dumps(priced.as_data(), indent=1) + "\n").encode())
    write_atomically(out.with_suffix(".png"), draw(priced))
    print(forging.advice(setting, rates))
    print(f"{out.with_suffix('.json')}, {out.with_suffix('.png')}")
    return 0


def _rates(setting: forging.Setting, host: Network, shop: Workshop, cost: int) -> tuple[measure.Rates, str]:
    """What this machine does a second, said as it is measured, and the engine that grinds."""
    wanted, images = shop.grinder, shop.dataset.parts["test"].images[:256]
    grinding = (setting.triggers, setting.classes, setting.shape)
    one, engine = measure.grinding_rate(*grinding, 1, wanted)
    every = measure.grinding_rate(*grinding, setting.threads, wanted)[0] if setting.threads > 1 else one
    if engine == "hashlib":
        print("  the kernel can't run here, hashlib is used instead: rates are some 50 times lower than they could be")
    hard = measure.memory_hard_rate(cost)
    rates = measure.Rates(one, every, measure.forward_rate(host, images, shop.dtype),
                          measure.gradient_rate(host, images, setting.classes, shop.dtype), hard)
    for name, rate in rates.in_words().items():
        print(f"  {name:<26} {rate}")
    print(f"  a level-3 try costs {1 / hard.value:.2f} s of a core and {cost >> 10} MiB: "
          f"{lower.added_bits(setting, cost):.1f} bits of operations more than at level 2, "
          f"{forging.added_seconds(one, hard):.1f} bits more in seconds")
    return rates, engine


def _points(setting: forging.Setting, host: Network, shop: Workshop, rates: measure.Rates, budget: float,
            cost: int) -> list[forging.Point]:
    """Keys forged at every level, each point said as it is made."""
    print("  forged:  level  R (bits)   n   tries a forgery (+- s.e.)   law's tries   ratio   seconds a forgery")
    below = lower.points(setting, host, shop, budget / 10)
    curve = forging.curve(setting, rates.all_threads.value, budget * 0.7, engine=shop.grinder, progress=_show)
    for point in below:
        _show(point)
    return [*below, *curve, *lower.hard_points(setting, cost, budget * 0.2, _show)]


def _show(p: forging.Point) -> None:
    law, ratio = (f"{p.law:12,.0f}", f"{p.ratio:5.2f}") if p.law else (" " * 12, "     ")
    print(f"          {p.level:5d} {p.rarity:8.2f} {p.n:4d} {p.tries:14,.0f} +- {p.tries_error:<10,.0f} {law}   "
          f"{ratio}   {p.seconds:.3g}", flush=True)
