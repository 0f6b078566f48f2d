"""ROSE (Kallas and Furon 2022): Tables I and II cell by cell with the rarities that they print, and Figures 1 to 4."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import ClassVar

from agents.reproductions._rose_hosts import FULL, NOTHING, QUICK, RATES, WEIGHTS, Cells, Item, measure, task_of
from agents.reproductions._rose_printed import CLASSES, COUNTS, SETS, Line, lines
from arena.base.errors import ArenaError
from arena.game.rarity import binomial_rarity, hits_needed
from arena.hosts.task import Task
from arena.report import plots
from arena.reproduction.plan import Piece, play, step_seconds
from arena.reproduction.reproduction import Figure, Reproduction, Row, Shown, Studio, average, spread

ASKED = {"mnist", "fashion-mnist"}
HELD = (NOTHING, "fine-tuned", "full integer", "JPEG 55")
TRIGGERS, LEAST, LOST = 64, 0.8, 0.01
"""Asked for in the quick profile: with so many triggers this recovery after `HELD`, and no more accuracy lost."""
FIGURES = (("Figure 1", "all", ("mnist", "fashion-mnist")), ("Figure 2", "all", ("cifar10", "transfer")),
           ("Figure 3", "fully-connected", ("mnist", "fashion-mnist")),
           ("Figure 4", "fully-connected", ("cifar10", "transfer")))
OUT_OF_REACH = "to a rarity in reach: at the tables' nobody has the tries (`arena forge` says what they would take)"
BRIEF = "fewer images and epochs, two seeds"
Found = Mapping[Item, Cells]


@dataclass(frozen=True)
class Rose(Reproduction):
    """Kallas and Furon 2022: ROSE, a robust and secure DNN watermarking"""

    title: ClassVar[str] = "Kallas, Furon: ROSE: A RObust and SEcure DNN Watermarking (2022)"
    throughout: ClassVar[str] = (
        "the quick profile trains on fewer images (5,000 of MNIST, 4,000 of Fashion-MNIST, 8,000 of CIFAR-10, 80 % of "
        "them) for 25, 45 and 25 epochs, CIFAR-10 with Adam and 128 triggers alone; pruning has 2 rounds of the first "
        "seed's hosts on 500 test images. `transfer` is CIFAR-10 on SqueezeNet 1.1's ImageNet features, of 4,000 "
        "images at 128 x 128, 30 epochs, 1,000 test images; the paper has VGG19's, of which there are no weights here.")
    full: ClassVar[str] = (
        "all images, 100 and 200 epochs, the paper's optimisers, 50 rounds, all test images, 224 x 224 for transfer "
        "(still SqueezeNet)")

    def task(self, quick: bool) -> Task:
        return (QUICK if quick else FULL)["fashion-mnist"]

    def shown(self, quick: bool) -> Sequence[Shown]:
        tables = f"{BRIEF}; CIFAR-10 at s = 128 alone; SqueezeNet's features for VGG19's"
        figures = f"{BRIEF}, 2 rounds of 50; CIFAR-10 at s = 128 alone"
        if not quick:
            tables = figures = "SqueezeNet's features for VGG19's"
        return (*(Shown(where, "smaller", tables) for where in ("Table I", "Table II")),
                *(Shown(where, "smaller", figures) if quick or "transfer" in names else Shown(where, "reproduced")
                  for where, _, names in FIGURES))

    def rows(self, studio: Studio) -> Iterator[Row | Figure]:
        yield from self._ends()
        missing = {name: why for name in SETS if (why := _missing(studio, name))}
        names = [name for name in SETS if name not in missing]
        items = [(name, seed, count, "paper") for name in names for count in _counts(studio, name)
                 for seed in studio.seeds]
        other = [("fashion-mnist", seed, TRIGGERS, "one-cycle") for seed in studio.seeds if "fashion-mnist" in names]
        found = play(studio, measure, [Piece(item, _seconds(studio, item)) for item in (*items, *other)])
        for line in lines():
            yield from self._line(studio, line, found, missing)
        yield from self._hosts(studio, names, found)
        if other:
            yield self._margins(studio, found)
        yield from self._figures(studio, found, missing)

    def _ends(self) -> Iterator[Row]:
        for line in lines():
            for end, which in enumerate(("lowest", "highest")):
                shown, up, whole = line.ours(end)
                slip = f"{shown:.1f} % of {line.count} is no whole number: rounded up here"
                yield Row(line.table, f"{line.name}, s = {line.count}: bits at the {which} recovery, as printed; of "
                          "the whole matches", str(line.ends[end]), f"{up:.1f}; {whole:.1f}", 1,
                          differs=slip if math.floor(up) != math.floor(whole) else "",
                          holds=math.floor(up) == line.ends[end])
        needed = [hits_needed(20, count, 1 / CLASSES) for count in COUNTS]
        yield Row("IV-D", "matches for 20 bits of 40, 64, 128", "38, 32, 25 %", ", ".join(map(str, needed)), 1,
                  differs="40.0, 32.8, 25.0 %: two of the paper's shares are wrong", holds=needed == [16, 21, 32])

    def _line(self, studio: Studio, line: Line, found: Found, missing: Mapping[str, str]) -> Iterator[Row]:
        """A row for each cell of a line, the host that nothing was done to before Table I's."""
        hosts = _hosts(studio, found, line.name, line.count)
        first = {NOTHING: None} if line.table == "Table I" else {}
        for attack, cell in {**first, **line.cells}.items():
            what = f"{line.name}, s = {line.count}, {attack}: accuracy; recovery (%)"
            paper = f"{cell[0]:.1f}; {cell[1]:.1f}" if cell else "-"
            if hosts:
                yield self._cell(line, attack, what, paper, hosts)
            else:
                why = missing.get(line.name, "not played: the quick profile has s = 128 alone here")
                yield Row(line.table, what, paper, "not shown", 0, differs=why)

    def _cell(self, line: Line, attack: str, what: str, paper: str, hosts: Sequence[Cells]) -> Row:
        right, hits = (list(each) for each in zip(*(host.after[attack] for host in hosts), strict=True))
        shares = [100 * m / line.count for m in hits]
        bits = [binomial_rarity(m, line.count, 1 / CLASSES) for m in hits]
        asked = line.name in ASKED and line.count == TRIGGERS and attack in HELD
        return Row(line.table, what, paper, f"{100 * mean(right):.1f}; {mean(shares):.1f}", len(hosts),
                   spread(shares, "{:.1f}"), f"{', '.join(map(str, hits))} of {line.count}, {average(bits, '{:.0f}')} "
                   f"bits{f'; {100 * LEAST:.0f} % asked for' if asked else ''}",
                   mean(shares) >= 100 * LEAST if asked else None)

    def _hosts(self, studio: Studio, names: Sequence[str], found: Found) -> Iterator[Row]:
        for name in names:
            for count in _counts(studio, name):
                hosts = _hosts(studio, found, name, count)
                lost = [100 * (host.unmarked[0] - host.after[NOTHING][0]) for host in hosts]
                asked = name in ASKED and count == TRIGGERS
                yield Row("IV-B", f"{name}, s = {count}: points of accuracy that the mark costs",
                          "at most 0.24 (MNIST), 0.66 (CIFAR-10)", average(lost, "{:+.2f}"), len(hosts),
                          spread(lost, "{:+.2f}"), f"unmarked {average([100 * h.unmarked[0] for h in hosts], '{:.1f}')}"
                          f" %{'; 1 point asked for' if asked else ''}", mean(lost) <= 100 * LOST if asked else None)
                plain = [host.unmarked[1] for host in hosts]
                yield Row("III", f"{name}: matches of an unmarked host, of {count}", "about acc / c",
                          ", ".join(map(str, plain)), len(hosts),
                          holds=max(binomial_rarity(m, count, 1 / CLASSES) for m in plain) < 20)

    def _margins(self, studio: Studio, found: Found) -> Row:
        """What a short one-cycle training with triggers shown often does, beside the paper's recipe."""
        here, there = (_hosts(studio, found, "fashion-mnist", TRIGGERS, recipe) for recipe in ("paper", "one-cycle"))
        margins = [host.margin for host in there]
        hits = ", ".join(str(host.after[NOTHING][1]) for host in there)
        return Row("-", f"fashion-mnist, s = {TRIGGERS}: triggers' median margin, 6 one-cycle epochs, each trigger "
                   "shown 10 times in each", "-", average(margins, "{:.2f}"), len(margins), spread(margins, "{:.2f}"),
                   f"{average([host.margin for host in here], '{:.2f}')} by the paper's recipe; {hits} of {TRIGGERS} "
                   "recovered by this one, untouched")

    def _figures(self, studio: Studio, found: Found, missing: Mapping[str, str]) -> Iterator[Row | Figure]:
        for where, layers, names in FIGURES:
            curves = {f"{name}, s = {count}": _curve(found[(name, studio.seeds[0], count, "paper")], layers)
                      for name in names if name not in missing for count in _counts(studio, name)}
            if curves:
                title = f"accuracy against recovery, {len(RATES)} pruning rates, {layers} layers"
                yield Figure(where, title, plots.lines(curves, "recovery (%)", "accuracy (%)"))
            for name in names:
                if name in missing:
                    yield Row(where, f"{name}: its curve", "shown", "not shown", 0, differs=missing[name])
        for item, cells in found.items():
            for level, (matches, tries) in cells.forged.items():
                bits = binomial_rarity(matches, item[2], 1 / CLASSES)
                yield Row("-", f"{item[0]}, s = {item[2]}: level {level} forged: matches; bits; "
                          f"{'gradients' if level == 0 else 'tries'}", "-" if level < 2 else f"2^{bits:.1f} tries",
                          f"{matches}; {bits:.0f}; {tries:,.0f}", 1, differs=OUT_OF_REACH if level > 1 else "")


def _missing(studio: Studio, name: str) -> str:
    """Why a data set isn't played; empty where it is."""
    task = task_of(studio, name)
    if task.base is not None and not Path(task.base.weights).is_file():
        return f"the weights {WEIGHTS} are not in the folder of the data sets"
    try:
        studio.workshop(studio.seeds[0]).load_dataset(task.dataset)
    except ArenaError as error:
        return str(error).splitlines()[0]
    return ""


def _counts(studio: Studio, name: str) -> tuple[int, ...]:
    return COUNTS[-1:] if studio.quick and name == "cifar10" else COUNTS


def _seconds(studio: Studio, item: Item) -> float:
    """Of a marked host and its share of the unmarked one."""
    shop = studio.workshop(item[1], task=task_of(studio, item[0]))
    passes = 1 if shop.task.base else shop.task.epochs  # features that stay what they are go through once
    batches = passes * len(shop.samples) / shop.task.batch
    return batches * step_seconds(shop) * (1 + 1 / len(_counts(studio, item[0])))


def _hosts(studio: Studio, found: Found, name: str, count: int, recipe: str = "paper") -> list[Cells]:
    return [cells for item, cells in found.items() if (item[0], *item[2:]) == (name, count, recipe)]


def _curve(cells: Cells, layers: str) -> tuple[list[float], list[float]]:
    accuracy, recovery = zip(*cells.pruned[layers], strict=True)
    return [100 * r for r in recovery], [100 * a for a in accuracy]
