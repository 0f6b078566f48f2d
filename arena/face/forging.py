"""What forging a key costs on this machine, measured by forging keys (`arena forge`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from arena.base.draws import Draws, master_of, world_of
from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.base.shipped import located
from arena.face.machine import Place, data_folder, options
from arena.hosts.networks import Network
from arena.pricing import forge as forging
from arena.pricing import lower, measure
from arena.report.forging import render
from arena.report.forging_plot import draw
from arena.scenario import scenario as scenarios
from arena.scenario.scenario import Changes, build_task
from arena.workshop.workshop import Workshop

Heard = Callable[["str | forging.Point"], None]
"""Hears of progress: what is done, in words, and each point of the curve as it is forged."""
LEAST_MEMORY, MOST_MEMORY = 1 << 4, 1 << 24


@dataclass(frozen=True)
class Forged(forging.Priced):
    """Rates of this machine, the keys that were forged on it, and what can be made of them."""

    @property
    def advice(self) -> str:
        """The sentence that a verifier needs."""
        return forging.advice(self.setting, self.rates)

    def report(self, path: Place) -> tuple[Path, Path, Path]:
        """Writes the figures, the plot of cost against rarity and the page of both, PATH.json, PATH.png and PATH.html;
        gives their paths."""
        data, plot, page = (Path(path).with_suffix(ending) for ending in (".json", ".png", ".html"))
        write_atomically(data, (json.dumps(self.as_data(), indent=1) + "\n").encode())
        write_atomically(plot, draw(self))
        write_atomically(page, render(self, (data.name, plot.name)).encode())
        return data, plot, page


def forge(scenario: Place, *, budget: float = 30.0, memory: int = 1 << 16, seed: int | str | None = None,
          changes: Changes = (), observer: Heard = lambda _: None, store: Place | None = None,
          data: Place | None = None, device: str = "auto", threads: int = 0) -> Forged:
    """Measures this machine and forges keys of the scenario's first owner at levels 0 to 3 for `budget` seconds;
    `memory` is the scrypt cost of level 3, in KiB. The scenario's host is trained first, or taken from the store.

    ArenaError for what can't be forged or measured.
    """
    if not LEAST_MEMORY <= memory <= MOST_MEMORY:
        raise ArenaError(f"a memory of 2^{memory.bit_length() - 1} KiB: from 2^4 (16 KiB) to 2^24 (16 GiB)")
    loaded = scenarios.load(located(scenario), changes, seed, data_folder(data))
    if loaded.network:
        raise ArenaError(f"{scenario}: task.network: {loaded.network} is a user's file, which isn't imported where "
                         f"keys are forged: --set task.network to one in `arena list networks`")
    made = replace(options(store, data, device, threads), world=world_of(master_of(loaded.seed)),
                   folder=str(loaded.path.parent))
    shop = Workshop(build_task(loaded.task), Draws.of(loaded.seed, "forger").secret, "forger", made)
    triggers, bound = loaded.asked()
    setting = forging.Setting(triggers, len(shop.dataset.classes), shop.dataset.shape, made.threads)
    forging.check(setting, bound, budget)
    priced = _priced(setting, shop, budget, memory, bound, observer)
    return Forged(**{f.name: getattr(priced, f.name) for f in fields(priced)})


def _priced(setting: forging.Setting, shop: Workshop, budget: float, memory: int, bound: float,
            say: Heard) -> forging.Priced:
    say(f"{setting.triggers} triggers of {setting.classes} classes, images {setting.shape}, {setting.threads} threads, "
        f"network {shop.task.network}")
    say("  the host is trained first, or taken from the store")
    host = shop.host(shop.dataset.parts["train"], "host to forge for")
    rates, engine = _rates(setting, host, shop, memory, say)
    points = _points(setting, host, shop, rates, budget, memory, say)
    return forging.Priced(setting, tuple(points), rates, engine, bound, machine())


def _rates(setting: forging.Setting, host: Network, shop: Workshop, memory: int,
           say: Heard) -> tuple[measure.Rates, str]:
    """What this machine does a second, said as it is measured, and the engine that grinds."""
    wanted, images = shop.grinder, shop.dataset.parts["test"].images[:256]
    grinding = (setting.triggers, setting.classes, setting.shape)
    one, engine = measure.grinding_rate(*grinding, 1, wanted)
    every = measure.grinding_rate(*grinding, setting.threads, wanted)[0] if setting.threads > 1 else one
    if engine == "hashlib":
        say("  the kernel can't run here, hashlib is used instead: rates are some 50 times lower than they could be")
    hard = measure.memory_hard_rate(memory)
    rates = measure.Rates(one, every, measure.forward_rate(host, images, shop.dtype),
                          measure.gradient_rate(host, images, setting.classes, shop.dtype), hard)
    for name, rate in rates.in_words().items():
        say(f"  {name:<26} {rate}")
    say(f"  a level-3 try costs {1 / hard.value:.2f} s of a core and {memory >> 10} MiB: "
        f"{lower.added_bits(setting, memory):.1f} bits of operations more than at level 2, "
        f"{forging.added_seconds(one, hard):.1f} bits more in seconds")
    return rates, engine


def _points(setting: forging.Setting, host: Network, shop: Workshop, rates: measure.Rates, budget: float, memory: int,
            say: Heard) -> list[forging.Point]:
    """Keys forged at every level, each point said as it is made."""
    below = lower.points(setting, host, shop, budget / 10)
    for point in below:
        say(point)
    curve = forging.curve(setting, rates.all_threads.value, budget * 0.7, engine=shop.grinder, progress=say)
    return [*below, *curve, *lower.hard_points(setting, memory, budget * 0.2, say)]
