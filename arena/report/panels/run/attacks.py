"""Along each thief's attacks: what is left of every key, against the bound, and of the host's accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from arena.base.told import told
from arena.match.result import StageRecord
from arena.report.panels import drawn
from arena.report.panels.run import Run
from arena.report.plots import COLOURS, STYLES, figure, svg

HEADING = "Along the attacks"
ORDER = 30
STYLE = """\
.stages small { color: var(--soft); display: block; min-width: 8em; white-space: normal }
.stages td:nth-child(2) { min-width: 10em }
@media print { .stages small { min-width: 0 } }
"""
TEMPLATE = """\
{% for a in result.accuracies %}
<p>{{ a.owner }}'s host: test accuracy {% if a.unmarked is not none %}{{ a.unmarked|percent }} unmarked, {% endif %}
{{ a.marked|percent }} marked.</p>
{% endfor %}
{% if plot %}<div class="plots wide">{{ picture(plot, caption) }}</div>{% endif %}
{% if result.stages %}
{% call box("stages") %}<table class="stages"><tr><th>deployer</th><th>stage</th><th class="n">test accuracy</th>
{% for who in claimants %}<th class="n">key of {{ who }}, bits</th>{% endfor %}</tr>
{% for s in result.stages %}
<tr><td>{{ s.deployer }}</td><td>{{ s.number }}. {{ s.name }}</td>
<td class="n">{{ s.accuracy|percent }}</td>
{% for who in claimants %}<td class="n">
{%- if who in s.evidence %}{{ s.evidence[who].rarity|bits }}<small>{{ s.evidence[who].text }}</small>{% else %}-
{%- endif %}</td>{% endfor %}</tr>
{% endfor %}
</table>{% endcall %}
<p class="soft">A stage is named with what its attack has otherwise than by default; all of it stands
below, in the lineage of models.</p>
{% endif %}
"""
SAYS = "Rarity of the owners' keys after every attack, against the bound (dashed), and the test accuracy beneath it."
ACROSS, LONGEST = 130, 32
"""Characters that there is room for below the plot, else they stand aslant; the most of one stage."""


def applies(run: Run) -> bool:
    return bool(run.result.stages or run.result.accuracies)


def draw(run: Run) -> str:
    result = run.result
    return drawn(TEMPLATE, result=result, caption=SAYS, claimants=claimants(result.stages, run.owners),
                 plot=along(result.stages, run.owners, result.bound))


def claimants(stages: Sequence[StageRecord], owners: Sequence[str]) -> list[str]:
    """Whose keys were tried, owners first."""
    tried = dict.fromkeys(who for stage in stages for who in stage.evidence)
    return sorted(tried, key=lambda who: who not in owners)


def along(stages: Sequence[StageRecord], owners: Sequence[str], bound: float | None) -> str:
    """The plot: deployments side by side, above the owners' keys, below the accuracy; empty where no owner's key was
    tried."""
    owners = [who for who in claimants(stages, owners) if who in owners]
    if not owners:
        return ""
    drawing, axes = figure(10.4, 4.8)
    drawing.delaxes(axes)
    above, below = drawing.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2), "hspace": 0.12})
    places = placed(stages)
    for deployer, group in groupby(places, key=lambda each: each[1].deployer):
        _draw(above, below, deployer, list(group), owners)
    if bound is not None:
        above.axhline(bound, color="#8a9199", linestyle="--", linewidth=1)
        above.annotate(f"bound {bound:g} bits", (1, bound), xytext=(0, 3), xycoords=("axes fraction", "data"),
                       textcoords="offset points", ha="right", fontsize=8.5, color="#59636e")
    _scales(above, below, places)
    if len(owners) > 1:
        above.legend(*_once(above), frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return svg(drawing)


def placed(stages: Sequence[StageRecord]) -> list[tuple[int, StageRecord]]:
    """Every stage and its place across: a deployment's beside each other, one left free between two."""
    groups: dict[str, list[StageRecord | None]] = {}
    for stage in stages:
        groups.setdefault(stage.deployer, []).append(stage)
    row = [stage for group in groups.values() for stage in (*group, None)]
    return [(place, stage) for place, stage in enumerate(row) if stage is not None]


def _draw(above: Any, below: Any, deployer: str, group: Sequence[tuple[int, StageRecord]],
          owners: Sequence[str]) -> None:
    """One deployment: a line a key, its accuracy, its name above it."""
    for owner, style in zip(owners, STYLES, strict=False):
        points = [(x, stage.evidence[owner].rarity) for x, stage in group if owner in stage.evidence]
        if points:
            above.plot(*zip(*points, strict=True), **style, markersize=5, linewidth=1.4, label=f"key of {owner}")
    below.plot([x for x, _ in group], [100 * stage.accuracy for _, stage in group], color=COLOURS[5], marker="o",
               markersize=4, linewidth=1.2)
    above.annotate(told(deployer, LONGEST), (group[0][0], 1), xytext=(-6, 5), xycoords=("data", "axes fraction"),
                   textcoords="offset points", fontsize=9.5, fontweight="bold", color="#30363d")
    if group[0][0]:
        for axes in (above, below):
            axes.axvline(group[0][0] - 1, color="#d0d7de", linewidth=0.8)


def _scales(above: Any, below: Any, places: Sequence[tuple[int, StageRecord]]) -> None:
    names = [f"{stage.number}. {told(stage.name, LONGEST)}" for _, stage in places]
    crowded = max(map(len, names)) > ACROSS / (places[-1][0] + 1)
    aslant = {"rotation": 25, "ha": "right"} if crowded else {}
    below.set_xticks([x for x, _ in places], names, fontsize=8.5, **aslant)
    below.set_xlim(-0.5, places[-1][0] + 0.5)
    above.set_ylim(bottom=min(0, above.get_ylim()[0]))
    low = min(100 * stage.accuracy for _, stage in places)
    below.set_ylim(low - max(1.0, 0.15 * (100 - low)), 100.5)
    above.set_ylabel("rarity (bits)")
    below.set_ylabel("test accuracy (%)")
    for axes in (above, below):
        axes.grid(alpha=0.25, axis="y")


def _once(axes: Any) -> tuple[list[Any], list[str]]:
    """Lines and their names, of those with one name the first."""
    found: dict[str, Any] = {}
    for line, name in zip(*axes.get_legend_handles_labels(), strict=True):
        found.setdefault(name, line)
    return list(found.values()), list(found)
