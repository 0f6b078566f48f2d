"""Along each thief's attacks: what is left of the host's accuracy, and of every key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from arena.match.result import StageRecord
from arena.report.panels import drawn
from arena.report.panels.run import Run
from arena.report.plots import STYLES, figure, legend, svg

HEADING = "Along the attacks"
ORDER = 40
STYLE = "@media screen and (max-width: 760px) { .stages td:nth-child(2) { min-width: 17em } }"
TEMPLATE = """\
{% for a in result.accuracies %}
<p>{{ a.owner }}'s host: test accuracy {% if a.unmarked is not none %}{{ a.unmarked|percent }} unmarked, {% endif %}
{{ a.marked|percent }} marked.</p>
{% endfor %}
{% if plot %}<div class="plots">{{ picture(plot, caption) }}</div>{% endif %}
{% if result.stages %}
{% call box("stages") %}<table class="stages"><tr><th>deployer</th><th>stage</th><th class="n">test accuracy</th>
<th>key of</th>
<th class="n">evidence</th><th class="n">rarity (bits)</th></tr>
{% for s in result.stages %}{% for who, e in s.evidence.items() or [("-", none)] %}
<tr><td>{{ s.deployer }}</td><td>{{ s.number }}. {{ s.name }}</td><td class="n">{{ s.accuracy|percent }}</td>
<td>{{ who }}</td><td class="n">{{ e.text if e else "-" }}</td>
<td class="n">{{ (e.rarity if e else none)|bits }}</td></tr>
{% endfor %}{% endfor %}
</table>{% endcall %}
{% endif %}
"""
SAYS = "Test accuracy against the rarity of the owner's key, a point a stage."


def applies(run: Run) -> bool:
    return bool(run.result.stages or run.result.accuracies)


def draw(run: Run) -> str:
    result = run.result
    return drawn(TEMPLATE, result=result, caption=SAYS,
                 plot=accuracy_against_recovery(result.stages, run.owners, result.bound))


def accuracy_against_recovery(stages: Sequence[StageRecord], owners: Sequence[str], bound: float | None) -> str:
    """Accuracy and the owners' rarity along each deployment's stages: one line an agent and key, one point a stage,
    numbered; empty where no owner's key was tried."""
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for stage in stages:
        for claimant, evidence in stage.evidence.items():
            if claimant in owners:
                curves.setdefault((stage.deployer, claimant), []).append((evidence.rarity, 100 * stage.accuracy))
    if not curves:
        return ""
    drawing, axes = figure(6.4, 3.4)
    taken: Counter[tuple[float, float]] = Counter()
    for ((deployer, owner), points), style in zip(curves.items(), STYLES, strict=False):
        axes.plot(*zip(*points, strict=True), **style, markersize=5, linewidth=1.2,
                  label=f"{deployer} (key of {owner})")
        for point, numbers in numbered(points).items():
            axes.annotate(numbers, point, xytext=(7, 9 * taken[point] - 3), textcoords="offset points",
                          color=style["color"], fontsize=8.5)
            taken[point] += 1
    if bound is not None:
        axes.axvline(bound, color="#8a9199", linestyle="--", linewidth=1)
        axes.text(bound, 1.0, f" bound {bound:g} bits", transform=axes.get_xaxis_transform(), va="bottom", ha="left",
                  fontsize=8.5, color="#59636e")
    axes.set_xlabel("rarity of the owner's key (bits)")
    axes.set_ylabel("test accuracy (%)")
    axes.set_xlim(left=min(0, *axes.get_xlim()))
    low = min(accuracy for points in curves.values() for _, accuracy in points)
    axes.set_ylim(low - max(1.0, 0.15 * (100 - low)), 100.5)
    legend(axes, beside=len(curves) > 4)
    axes.grid(alpha=0.25)
    return svg(drawing)


def numbered(points: Sequence[tuple[float, float]]) -> dict[tuple[float, float], str]:
    """Where numbers stand in the plot, and which: points that look the same share theirs (`0, 2`)."""
    found: dict[tuple[float, float], list[str]] = {}
    for number, (rarity, accuracy) in enumerate(points):
        found.setdefault((round(rarity), round(accuracy, 1)), []).append(str(number))
    return {place: ", ".join(numbers) for place, numbers in found.items()}
