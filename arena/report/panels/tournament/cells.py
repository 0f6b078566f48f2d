"""Schemes against thieves: colour the share granted, text of how many matches, hatched where none could be played."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament
from arena.tournament.cells import Cell

HEADING = "Who keeps his mark"
ORDER = 10
STYLE = """
.cells td { text-align: center; min-width: 4.2em }
.cells td[style] { background: color-mix(in srgb, #4c8c4a var(--kept), #c2562d22) } .cells th { cursor: pointer }
.cells td.hatched { background: repeating-linear-gradient(45deg, #8883 0 4px, transparent 4px 8px) }
.cells button { display: block; margin: 0 0 4px auto; font: inherit; font-size: .85em }
"""
TEMPLATE = """\
{% for task, policies in tables.items() %}{% for policy, table in policies.items() %}
<details {{ 'open' if loop.first }}><summary>{{ task }}, judged by <b>{{ policy }}</b></summary>
<div class="cells"><button type="button" onclick="copied(this.parentNode)">copy as CSV</button>
{% call box(task ~ ", " ~ policy) %}<table class="sortable"><tr><th>scheme</th>{% for other in others %}
<th>{{ other }}</th>{% endfor %}</tr>
{% for scheme, cells in table.items() %}<tr><td>{{ scheme }}</td>{% for cell in cells %}
{% if cell.granted.n %}<td data-v="{{ cell.granted.value }}" style="--kept: {{ (45 * cell.granted.value)|round }}%"
title="{{ (100 * cell.granted.low)|round }} to {{ (100 * cell.granted.high)|round }} % (exact)">
{{ cell.hits }}/{{ cell.granted.n }}
{% if cell.rarity == cell.rarity %}<br><small>{{ cell.rarity|round(1) }} bits</small>{% endif %}
{% for row in kept[cell.cell] %}<a href="{{ row[1] }}"><small>seed {{ row[0] }}</small></a> {% endfor %}</td>
{% else %}<td class="hatched" data-v="" title="{{ cell.reason }}">-<br><small>{{ cell.reason|truncate(18) }}</small>
</td>{% endif %}
{% endfor %}</tr>{% endfor %}</table>{% endcall %}</div></details>
{% endfor %}{% endfor %}
<p class="soft">Claims granted of so many matches (the owner's against thieves and bystanders, the usurper's where a
forgery is named), with the median rarity of those claims;
hatched cells say why they were not played when pointed at. Bystanders
({{ bystanders }}) and forgeries should have none.</p>
<script>
const said = c => c.dataset.v ?? c.textContent.trim();
const copied = d => navigator.clipboard.writeText(
  [...d.querySelectorAll('tr')].map(r => [...r.cells].map(said).join(',')).join('\\n'));
const sorted = (table, head, i) => {
  const value = r => isNaN(parseFloat(said(r.cells[i]))) ? said(r.cells[i]) : parseFloat(said(r.cells[i]));
  const sign = (head.dataset.up = head.dataset.up ? '' : '1') ? 1 : -1;
  [...table.rows].slice(1).sort((a, b) => value(a) > value(b) ? sign : -sign).forEach(r => table.tBodies[0].append(r));
};
document.querySelectorAll('table.sortable').forEach(t =>
  [...t.rows[0].cells].forEach((h, i) => h.onclick = () => sorted(t, h, i)));
</script>
"""


def draw(page: Tournament) -> str:
    analysis, spec = page.analysis, page.analysis.spec
    others = [*spec.attacks, *spec.forgeries]
    tables = {task: {policy: {scheme: [analysis.cell(_cell(page, task, scheme, other), policy) for other in others]
                              for scheme in spec.schemes} for policy in spec.policies} for task in page.tasks}
    kept = {cell: [(row.seed, link) for row in rows if (link := page.kept(row))]
            for cell, rows in analysis.by_cell.items()}
    return drawn(TEMPLATE, tables=tables, kept=kept, others=others,
                 bystanders=", ".join(sorted(analysis.innocents)) or "none")


def _cell(page: Tournament, task: str, scheme: str, other: str) -> Cell:
    return Cell(task, scheme, other) if other in page.analysis.spec.attacks else Cell(task, scheme, forgery=other)
