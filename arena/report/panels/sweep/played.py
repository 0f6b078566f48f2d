"""Which matches failed and why, which were kept, and on what machine it was."""

from __future__ import annotations

from arena.base.machine import machine
from arena.report.panels import drawn
from arena.report.panels.sweep import Sweep
from arena.tournament.sweep.plan import named

HEADING = "How it was played"
ORDER = 40
TEMPLATE = """\
{% if failed or misfits %}{% call box("what failed") %}<table><tr><th>combination</th><th class="n">seed</th>
<th>ended</th><th>why</th></tr>
{% for row in failed %}<tr><td>{{ named(row.cell) }}</td><td class="n">{{ row.seed }}</td><td>{{ row.status }}</td>
<td>{{ row.error }}</td></tr>{% endfor %}
{% for cell, why in misfits.items() %}<tr><td>{{ named(cell) }}</td><td class="n">-</td><td>not played</td>
<td>{{ why }}</td></tr>{% endfor %}</table>{% endcall %}
{% else %}<p>Nothing failed.</p>{% endif %}
{% if kept %}<p>Matches with pages of their own:</p><ul>{% for cell, pages in kept.items() %}<li>{{ named(cell) }}:
{% for seed, link in pages %}<a href="{{ link }}">seed {{ seed }}</a>{{ ", " if not loop.last }}{% endfor %}</li>
{% endfor %}</ul>{% endif %}
<p class="soft">{{ "%.0f"|format(times|sum) }} s of matches in all{% if times %}, {{ "%.2f"|format(median) }} s the
median one{% endif %}.</p>
{{ facts("machine", machine) }}
"""


def draw(page: Sweep) -> str:
    rows = [row for rows in page.table.of.values() for row in rows]
    kept = {cell: [(row.seed, link) for row in mine if (link := page.kept(row))]
            for cell, mine in page.table.of.items()}
    times = sorted(row.seconds for row in rows)
    return drawn(TEMPLATE, failed=[row for row in rows if not row.finished], misfits=page.table.plan.misfits,
                 kept={cell: pages for cell, pages in kept.items() if pages}, named=named, times=times,
                 median=times[len(times) // 2] if times else 0.0, machine=machine())
