"""The rows, paper's number beside ours, in the order of the paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena.report.panels import drawn
from arena.report.panels.reproduction import Paper

if TYPE_CHECKING:
    from arena.reproduction.reproduction import Row

ORDER = 10
STYLE = """\
.rows { table-layout: fixed; overflow-wrap: break-word }
.rows th:nth-child(1) { width: 28% } .rows th:nth-child(2) { width: 14% } .rows th:nth-child(3) { width: 17% }
.rows th:nth-child(4) { width: 4% } .rows th:nth-child(5) { width: 11% } .rows th:nth-child(7) { width: 9% }
.rows td.n { text-align: left; white-space: normal } .rows .no { font-weight: 600 }
@media screen and (max-width: 760px) {
  .rows th:nth-child(n) { width: auto } .rows td:nth-child(1), .rows td:nth-child(6) { min-width: 14em }
}
"""
TEMPLATE = """\
{% for heading, rows in sections %}
<h2>{{ heading }}</h2>
{% call box(heading) %}
<table class="rows"><tr><th>what</th><th>paper</th><th>ours</th><th>n</th><th>spread</th><th>what differs</th><th></th>
</tr>
{% for r in rows %}
<tr><td>{{ r.what }}</td><td class="n">{{ r.paper }}</td><td class="n">{{ r.ours }}</td><td class="n">{{ r.n }}</td>
<td class="n">{{ r.spread }}</td><td class="soft">{{ r.differs }}</td>
<td>{% if r.holds is not none %}
<span class="{{ 'ok' if r.holds else 'no' }}">{{ "holds" if r.holds else "does not hold" }}</span>{% endif %}</td></tr>
{% endfor %}
</table>{% endcall %}
{% endfor %}
"""
PLACES = {"Table": 0, "Figure": 1, "-": 3, "scenario": 4}
HEADINGS = {"-": "Not in the paper", "scenario": "Scenarios"}


def draw(page: Paper) -> str:
    return drawn(TEMPLATE, sections=sections(page.rows))


def sections(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """(heading, its rows) in the paper's order: tables, figures, other places, what is not in the paper, scenarios."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.where, []).append(row)
    return [(HEADINGS.get(where, f"Section {where}" if where[0].isdigit() else where), found[where])
            for where in sorted(found, key=_place)]


def _place(where: str) -> tuple[int, list[int]]:
    word = where.split()[0]
    return (PLACES.get(word, 2), [int(digits) for digits in re.findall(r"\d+", where)]
            if word in ("Table", "Figure") else [])
