"""One plot of all: what was granted, how rare the evidence was, and how good the services still are, by
combination."""

from __future__ import annotations

from typing import Any

from arena.report.panels import drawn
from arena.report.panels.sweep import Sweep
from arena.report.plots import STYLES, figure, svg
from arena.tournament.sweep.table import Line
from arena.tournament.sweep.words import claim_of, values_of

HEADING = "The same, drawn"
ORDER = 20
SAYS = ("Share granted with its exact interval; mean rarity and mean accuracy with the standard deviation among seeds.")
MOST, LONGEST = 60, 44
"""Combinations that are drawn, and characters of their names."""
TEMPLATE = """\
<div class="plots wide">{{ picture(svg, caption) }}</div>
"""


def applies(page: Sweep) -> bool:
    return any(line.deployer for line in page.table.lines)


def draw(page: Sweep) -> str:
    combinations = list(dict.fromkeys(values_of(line) for line in page.table.lines if line.deployer))
    more = max(0, len(combinations) - MOST)
    return drawn(TEMPLATE, svg=_drawn(page, combinations[:MOST]),
                 caption=SAYS + (f" The first {MOST} of {MOST + more} combinations." if more else ""))


def _drawn(page: Sweep, combinations: list[tuple[str, ...]]) -> str:
    lines = [line for line in page.table.lines if line.deployer and values_of(line) in combinations]
    claims = list(dict.fromkeys(claim_of(line, page.table.several) for line in lines if line.claimant))
    services = list(dict.fromkeys(line.deployer for line in lines))
    drawing, axes = figure(9.2, 1.1 + max(0.3, 0.13 * len(claims)) * len(combinations))
    axes.remove()
    panes = drawing.subplots(1, 3, sharey=True, gridspec_kw={"wspace": 0.08})
    for line in (line for line in lines if line.claimant):
        number = claims.index(claim_of(line, page.table.several))
        _claim(panes, line, _offset(combinations.index(values_of(line)), number, len(claims)), number)
    for (values, deployer), line in {(values_of(line), line.deployer): line for line in lines}.items():
        number = services.index(deployer)
        _service(panes[2], line, _offset(combinations.index(values), number, len(services)), number)
    _dress(panes, [_name(values) for values in combinations])
    _legends(panes, claims, services)
    return svg(drawing)


def _offset(at: int, number: int, of: int) -> float:
    """Where the mark of a claim lies between the lines of its combination and of the next."""
    return at + (0.7 * ((number + 0.5) / of - 0.5))


def _claim(panes: Any, line: Line, height: float, number: int) -> None:
    if line.granted is not None:
        share = line.granted
        _mark(panes[0], share.value, (share.value - share.low, share.high - share.value), height, number)
    if line.rarity is not None:
        _mark(panes[1], line.rarity.mean, (line.rarity.deviation or 0,) * 2, height, number)


def _service(pane: Any, line: Line, height: float, number: int) -> None:
    if line.accuracy is not None:
        _mark(pane, 100 * line.accuracy.mean, (100 * (line.accuracy.deviation or 0),) * 2, height, number + OTHERS)


OTHERS = 6
"""Styles of services begin where the colours do again, with other marks than claims have."""


def _mark(pane: Any, value: float, reach: tuple[float, float], height: float, number: int) -> None:
    style = STYLES[number % len(STYLES)]
    pane.errorbar([value], [height], xerr=[[reach[0]], [reach[1]]], color=style["color"], marker=style["marker"],
                  markersize=4.5, linewidth=1.2, clip_on=False)


def _dress(panes: Any, names: list[str]) -> None:
    for pane, label in zip(panes, ("granted (share)", "rarity (bits)", "accuracy (%)"), strict=True):
        pane.set_xlabel(label)
        pane.grid(axis="x", alpha=0.25)
        for edge in range(1, len(names)):
            pane.axhline(edge - 0.5, color="#d0d7de", linewidth=0.8)
        pane.tick_params(axis="y", length=0)
    panes[0].set_xlim(-0.03, 1.03)
    panes[0].set_ylim(len(names) - 0.5, -0.5)
    panes[0].set_yticks(range(len(names)), names)


def _legends(panes: Any, claims: list[str], services: list[str]) -> None:
    for pane, names, first in ((panes[0], claims, 0), (panes[2], services, OTHERS)):
        marks = [pane.plot([], [], label=name, linestyle="none", markersize=4.5,
                           **{key: STYLES[(first + number) % len(STYLES)][key] for key in ("color", "marker")})[0]
                 for number, name in enumerate(names)]
        if marks:
            pane.legend(handles=marks, frameon=False, fontsize=8.5, loc="lower left", bbox_to_anchor=(0, 1.01),
                        ncols=4 if pane is panes[0] else 2, borderaxespad=0, handletextpad=0.2, columnspacing=1)


def _name(values: tuple[str, ...]) -> str:
    name = ", ".join(values) or "as the file has it"
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
