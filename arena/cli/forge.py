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
    host, images = shop.host(shop.dataset.parts["train"], "host to forge for"), shop.dataset.parts["test"].images[:256]
    wanted = shop.grinder
    one, engine = measure.grinding_rate(setting.triggers, setting.classes, setting.shape, 1, wanted)
    every = (measure.grinding_rate(setting.triggers, setting.classes, setting.shape, options.threads, wanted)[0]
             if options.threads > 1 else one)
    if engine == "hashlib":
        print("  the kernel can't run here, hashlib is used instead: rates are some 50 times lower than they could be")
    hard = measure.memory_hard_rate(cost)
    rates = {"tries, one core": one, "tries, all threads": every,
             "forward passes": measure.forward_rate(host, images, shop.dtype),
             "input gradients": measure.gradient_rate(host, images, setting.classes, shop.dtype),
             "level-3 hashes, one core": hard}
    for name, rate in rates.items():
        print(f"  {name:<26} {rate}")
    print(f"  a level-3 try costs {1 / hard.value:.2f} s of a core and {cost >> 10} MiB: "
          f"{lower.added_bits(setting, cost):.1f} bits of operations "
          f"more than at level 2, {forging.added_seconds(one, hard):.1f} bits more in seconds")
    print("  forged:  level  R (bits)   n   tries a forgery (+- s.e.)   law's tries   ratio   seconds a forgery")
    points = [*lower.points(setting, host, shop, budget / 10),
              *forging.curve(setting, every.value, budget * 0.7, engine=wanted, progress=_show)]
    for point in points:
        if point.level < 2:
            _show(point)
    points += lower.hard_points(setting, cost, budget * 0.2, _show)
    data = forging.as_data(setting, points, rates, engine, bound, machine())
    write_atomically(out.with_suffix(".json"), (json.dumps(data, indent=1) + "\n").encode())
    write_atomically(out.with_suffix(".png"), draw(data))
    print(forging.advice(setting, every.value, hard))
    print(f"{out.with_suffix('.json')}, {out.with_suffix('.png')}")
    return 0


def _show(p: forging.Point) -> None:
    law, ratio = (f"{p.law:12,.0f}", f"{p.ratio:5.2f}") if p.law else (" " * 12, "     ")
    print(f"          {p.level:5d} {p.rarity:8.2f} {p.n:4d} {p.tries:14,.0f} +- {p.tries_error:<10,.0f} {law}   "
          f"{ratio}   {p.seconds:.3g}", flush=True)
