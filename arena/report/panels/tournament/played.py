"""How it was played, and what failed."""

from __future__ import annotations

from arena.base.machine import machine
from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament

HEADING = "How it was played"
ORDER = 40
TEMPLATE = """\
{% call box("what failed") %}<table><tr><th>match</th><th>seed</th><th>ended</th><th>why</th></tr>
{% for row in failed %}<tr><td>{{ row.cell.scheme }} against {{ row.cell.other }} on {{ row.cell.task }}</td>
<td>{{ row.seed }}</td><td>{{ row.status }}</td><td>{{ row.error }}</td></tr>
{% else %}<tr><td colspan="4">nothing failed</td></tr>{% endfor %}
{% for cell, why in misfits.items() %}<tr><td>{{ cell.scheme }} against {{ cell.other }} on {{ cell.task }}</td>
<td>-</td><td>not played</td><td>{{ why }}</td></tr>{% endfor %}</table>{% endcall %}
<p class="soft">{{ "%.0f"|format(seconds) }} s of matches in all, {{ "%.2f"|format(median) }} s the median one.</p>
{{ facts("machine", machine) }}
"""


def draw(page: Tournament) -> str:
    rows = page.analysis.rows
    times = sorted(row.seconds for row in rows) or [0.0]
    return drawn(TEMPLATE, failed=[row for row in rows if not row.finished], misfits=page.analysis.misfits,
                 seconds=sum(times), median=times[len(times) // 2], machine=machine())
