"""A line for each combination and claim."""

from __future__ import annotations

from itertools import groupby

from arena.report.panels import drawn
from arena.report.panels.sweep import Sweep
from arena.tournament.sweep.words import claim_of, figures_of, shortened, values_of

HEADING = "What each combination came to"
ORDER = 10
STYLE = """\
.sweep td.value { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12.5px; min-width: 7em }
.sweep tr.first td { border-top: 1px solid var(--line) } .sweep td { white-space: nowrap }
.sweep td.value, .sweep td.reason { white-space: normal }
"""
TEMPLATE = """\
<div class="sweep">{% call box("combinations") %}<table><tr>{% for path, short in paths.items() %}
<th title="{{ path }}">{{ short }}</th>{% endfor %}
<th>claim</th><th class="n">granted</th><th class="n">rarity, bits</th><th class="n">work, bits</th>
<th class="n">accuracy, %</th></tr>
{% for values, lines in groups %}{% for line, claim, figures in lines %}
<tr{{ ' class=first' if loop.first }}>
{% if loop.first %}{% for value in values %}<td class="value" rowspan="{{ lines|length }}">{{ value }}</td>
{% endfor %}{% endif %}
{% if line.granted is none and line.reason and not line.deployer %}
<td class="reason no" colspan="5">{{ line.reason }}</td></tr>
{% else %}<td>{{ claim }}</td>{% for figure in figures %}<td class="n">{{ figure }}</td>{% endfor %}</tr>{% endif %}
{% endfor %}{% endfor %}</table>{% endcall %}</div>
<p class="soft">Granted: of so many finished matches, with the exact interval (Clopper and Pearson, 95 %). Others: the
mean ± the standard deviation among seeds (of so many matches); rarity and work where evidence was scored, accuracy of
the service's last stage on the test set.</p>
"""


def draw(page: Sweep) -> str:
    several = page.table.several
    groups = [(values, [(line, claim_of(line, several), figures_of(line)) for line in lines])
              for values, lines in groupby(page.table.lines, values_of)]
    return drawn(TEMPLATE, paths=shortened(page.table.paths), groups=groups)
