"""Who left the play and why, and what the arena refused to pass on."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Faults"
ORDER = 20
SHOWN = 50
TEMPLATE = """\
{% for f in left %}
<p><b>{{ f.agent }}</b> left the play{% if f.turn >= 0 %} in turn {{ f.turn }}{% endif %}: {{ f.reason }}</p>
{% endfor %}
{% if refused %}
{% call box("what was refused") %}<table><tr><th>agent</th><th class="n">turn</th>
<th>what the arena refused to pass on</th></tr>
{% for f in refused[:most] %}
<tr><td>{{ f.agent }}</td><td class="n">{{ f.turn }}</td><td>{{ f.reason }}</td></tr>
{% endfor %}
</table>{% endcall %}
{% endif %}
{% if refused|length > most %}<p class="soft">and {{ refused|length - most }} more</p>{% endif %}
"""


def applies(run: Run) -> bool:
    return bool(run.result.faults)


def draw(run: Run) -> str:
    faults = run.result.faults
    return drawn(TEMPLATE, left=[f for f in faults if f.left], refused=[f for f in faults if not f.left], most=SHOWN)
