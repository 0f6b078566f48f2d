"""Every table of a comparison: a row for each claim, stage, agent or path, a column for each result."""

from __future__ import annotations

from arena.match.comparison import Comparison
from arena.match.sidebyside import tables
from arena.report.panels import drawn

ORDER = 10
STYLE = """\
.tables tr.differs td { background: var(--wash) } .tables th { white-space: normal }
.tables td:first-child { white-space: nowrap }
"""
TEMPLATE = """\
<div class="tables">{% for each in tables %}<h2>{{ each.heading }}</h2>
{% call box(each.heading) %}
<table><tr><th>{{ each.about }}</th>{% for name in names %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in each.rows %}<tr{{ ' class=differs' if row[1:]|unique|list|length > 1 }}>
{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endcall %}{% endfor %}</div>
<p class="soft">Shaded rows differ.</p>
"""


def draw(compared: Comparison) -> str:
    return drawn(TEMPLATE, names=compared.names, tables=list(tables(compared)))
