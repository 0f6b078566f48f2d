"""Uchida et al. 2017: tables 3 to 8 and figures 1 to 6, on CIFAR-10 with their wide residual network."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from agents.reproductions import _uchida_plots as plots
from agents.reproductions import _uchida_rows as rows
from agents.reproductions._uchida_hosts import (
    CELLS,
    EVERY_CELL,
    EVERY_SEED,
    KINDS,
    SECOND,
    Hosts,
    first,
    missing,
    prepare,
)
from arena.hosts.task import Task
from arena.reproduction.reproduction import Figure, Reproduction, Row, Shown, Studio

SHORT = "3,200 images, 6 epochs in one cycle, lambda 0.05 for 0.01 (about 500 times fewer steps), random b for ones"
WHOLE = "80 % of the training images, random b for ones"
BRIEF = "trained for 6 epochs on 3,200 images instead of 200 on 50,000"


@dataclass(frozen=True)
class Uchida(Reproduction):
    """Uchida et al. 2017: embedding watermarks into deep neural networks"""

    title: ClassVar[str] = "Uchida, Nagai, Sakazawa, Satoh: Embedding Watermarks into Deep Neural Networks (2017)"
    full: ClassVar[str] = (
        "200 epochs with the paper's steps, batches and lambda on 40,000 of the 50,000 training images (ROSE's split); "
        "second trainings of 200 epochs; all 12 cells of Table 6 trained; direct, diff and a code over every seed; "
        "errors watched on all test images. It was not run for this page.")

    def task(self, quick: bool) -> Task:
        common: dict[str, Any] = {"dataset": "cifar10", "network": "wide-resnet", "batch": 64, "rate": 0.1,
                                  "optimizer": "sgd", "weight_decay": 5e-4,
                                  "shift": 4, "flip": True}
        if quick:
            return Task(**common, limit=4000, tests=2000, epochs=6, schedule="one-cycle")
        return Task(**common, epochs=200, schedule="steps", milestones=(60, 120, 160), factor=0.2)

    def rows(self, studio: Studio) -> Iterator[Row | Figure]:
        note, quick = SHORT if studio.quick else WHOLE, studio.quick
        _made(studio)
        hosts = [Hosts(studio.alone, seed) for seed in studio.seeds]
        one = hosts[0]
        yield from rows.table_3(one)
        yield from rows.table_4(hosts, note, quick)
        yield from plots.training(one)
        yield from plots.histograms(one)
        yield from rows.table_5(one, note)
        yield from rows.table_6(hosts, CELLS if quick else EVERY_CELL, note)
        yield rows.capacity(one)
        yield from plots.table_7(one)
        yield from rows.table_8(one, note)
        yield from plots.pruning([host["random"] for host in hosts], one["plain"], note)
        yield plots.coded(one, quick)
        yield from rows.overwriting(one, note)
        yield rows.shifted(one, note)

    def shown(self, quick: bool) -> Sequence[Shown]:
        words = Shown("Table 1", "not", "words: nothing is measured"), Shown("Table 2", "not", "words, as Table 1")
        if not quick:
            whole = ("Table 4", "Table 5", "Table 6", "Table 8", *(f"Figure {n}" for n in (1, 2, 3, 4, 5, 6)))
            return (*words, Shown("Table 3", "reproduced"), _table_7(),
                    *(Shown(where, "smaller", "40,000 of the 50,000 images train") for where in whole))
        return (*words, Shown("Table 3", "reproduced"), Shown("Table 4", "smaller", BRIEF),
                Shown("Table 5", "smaller", f"{BRIEF}; second trainings of 2 epochs, on Caltech-101 3 before"),
                Shown("Table 6", "smaller", f"four cells {BRIEF}; of the other eight only what a fit to the weights "
                                            f"alone gives: E_R, no test error"),
                _table_7(), Shown("Table 8", "smaller", f"{BRIEF}; 3 epochs on Caltech-101, then 2"),
                *(Shown(f"Figure {n}", "smaller", BRIEF) for n in (1, 2, 3)),
                Shown("Figure 4", "smaller", f"{BRIEF}, then 2 epochs"),
                *(Shown(f"Figure {n}", "smaller", BRIEF) for n in (5, 6)))


def _table_7() -> Shown:
    return Shown("Table 7", "smaller", "losses, norms and bit errors on our host's layer, scaled to the paper's "
                                       "starting loss; test errors on our host as it is")


def _made(studio: Studio) -> None:
    """Makes all hosts for the store, side by side; those that others start from before these."""
    seeds, begin = studio.seeds, first(studio.quick)
    every = EVERY_SEED if studio.quick else (*EVERY_SEED, *KINDS)
    items = [(seed, name) for name in begin for seed in (seeds if name in every else seeds[:1])]
    without = "abroad" if missing(studio.workshop(seeds[0])) else "none"
    for part in (items, [(seeds[0], name) for name in SECOND]):
        deque(studio.together(prepare, [item for item in part if without not in item[1]]), maxlen=0)
