"""Every setting that was tried: what it costs, what the worst attack leaves, and which that is."""

from __future__ import annotations

from typing import Any

from arena.report.panels import drawn
from arena.report.panels.design import Design
from arena.tournament.answers.design import Point

HEADING = "The settings"
ORDER = 20
STYLE = ".settings tr.best td { font-weight: 600 }"
TEMPLATE = """\
{% call box("settings") %}<table class="settings"><tr><th>setting</th><th>parameters</th>
<th class="n">costs (points)</th>
<th class="n">rarity left (bits)</th><th class="n">seeds</th><th>worst attack</th><th class="n">costs the thief
(points)</th><th></th></tr>
{% for each in settings %}<tr class="{{ 'best' if each.best }}"><td>{{ each.point.name }}</td>
<td>{{ each.point.said }}</td>
<td class="n">{{ each.cost }}</td><td class="n">{{ each.rarity }}</td><td class="n">{{ each.point.rarity.n }}</td>
<td>{{ each.point.worst }}</td><td class="n">{{ each.lost }}</td>
<td>{{ each.word }}</td></tr>
{% endfor %}</table>{% endcall %}
"""


def draw(page: Design) -> str:
    unknown = [point for point in page.designed.points if not point.known]
    return drawn(TEMPLATE, settings=[_told(page, point) for point in [*page.known, *unknown]])


def _told(page: Design, point: Point) -> dict[str, Any]:
    best = page.designed.recommended
    told = {"point": point, "best": best is not None and point.name == best.name, "word": _word(page, point)}
    if not point.known:
        return {**told, "cost": "-", "rarity": "-", "lost": "-"}
    cost, rarity = point.cost, point.rarity
    return {**told, "lost": f"{100 * point.lost:.1f}",
            "cost": f"{100 * cost.value:.2f} ({100 * cost.low:.2f} to {100 * cost.high:.2f})",
            "rarity": f"{rarity.value:.1f} ({max(0.0, rarity.low):.1f} to {rarity.high:.1f})"}


def _word(page: Design, point: Point) -> str:
    if not point.known:
        return point.reason
    best = page.designed.recommended
    words = ["to take" if best is not None and point.name == best.name else "", "on the front" if point.front else "",
             "" if page.designed.fits(point) else "may cost too much"]
    return ", ".join(filter(None, words))
