"""The rows, paper's number beside ours, in the order of the paper."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from string import ascii_lowercase
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
.conditions { display: grid; grid-template-columns: max-content 1fr; gap: .2em .8em }
.conditions dt { font-weight: 600 } .conditions dd { margin: 0 }
@media screen and (max-width: 760px) {
  .rows th:nth-child(n) { width: auto } .rows td:nth-child(1), .rows td:nth-child(6) { min-width: 14em }
}
"""
TEMPLATE = """\
{% if conditions %}<h2>Conditions</h2>
<p>A letter under "what differs" stands for:</p>
<dl class="conditions">{% for text, letter in conditions.items() %}
<dt>{{ letter }}</dt><dd>{{ text }}</dd>{% endfor %}</dl>{% endif %}
{% for heading, rows in sections %}
<h2>{{ heading }}</h2>
{% call box(heading) %}
<table class="rows"><tr><th>what</th><th>paper</th><th>ours</th><th>n</th><th>spread</th><th>what differs</th><th></th>
</tr>
{% for r in rows %}
<tr><td>{{ r.what }}</td><td class="n">{{ r.paper }}</td><td class="n">{{ r.ours }}</td><td class="n">{{ r.n }}</td>
<td class="n">{{ r.spread }}</td><td class="soft">{{ lettered(r.differs, conditions) }}</td>
<td>{% if r.holds is not none %}
<span class="{{ 'ok' if r.holds else 'no' }}">{{ "holds" if r.holds else "does not hold" }}</span>{% endif %}</td></tr>
{% endfor %}
</table>{% endcall %}
{% endfor %}
"""
OFTEN, SHORT = 4, 24
"""A condition that so many rows share, and that is longer than so many characters, gets a letter."""
PLACES = {"Table": 0, "Figure": 1, "-": 3, "scenario": 4}
HEADINGS = {"-": "Not in the paper", "scenario": "Scenarios"}


def draw(page: Paper) -> str:
    return drawn(TEMPLATE, sections=sections(page.rows), conditions=conditions(page.rows), lettered=lettered)


def conditions(rows: Sequence[Row]) -> dict[str, str]:
    """A letter for each condition that OFTEN rows or more share, so that it is told once: the words before, between and
    behind `; ` of what differs."""
    counts = Counter(part for row in rows for part in row.differs.split("; ") if len(part) > SHORT)
    return {part: ascii_lowercase[place] for place, part in
            enumerate([part for part, count in counts.items() if count >= OFTEN][: len(ascii_lowercase)])}


def lettered(differs: str, known: Mapping[str, str]) -> str:
    """What differs in a row, with letters for the conditions that have one."""
    return "; ".join(known.get(part, part) for part in differs.split("; "))


def sections(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """(heading, its rows) in the paper's order: tables, figures, other places, what is not in the paper, scenarios; in
    each what was not played (n = 0) comes last."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.n == 0):
        found.setdefault(row.where, []).append(row)
    return [(HEADINGS.get(where, f"Section {where}" if where[0].isdigit() else where), found[where])
            for where in sorted(found, key=_place)]


def _place(where: str) -> tuple[int, list[int]]:
    word = where.split()[0]
    return (PLACES.get(word, 2), [int(digits) for digits in re.findall(r"\d+", where)]
            if word in ("Table", "Figure") else [])
