"""How the paper was played again, and how much of what was asked for holds."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.reproduction import Paper

ORDER = 0
STYLE = "body { max-width: 1280px }"
TEMPLATE = """\
{% set task = data.task %}
<p class="sub">{{ data.profile }} profile · {{ task.dataset }}
{%- if task.limit %}, {{ task.limit }} training images before the split (80 % of them train){% endif %} ·
{{ task.network }} · {{ task.epochs }} epochs, batch {{ task.batch }}, {{ task.optimizer }} {{ task.rate }},
{{ task.schedule }} · {{ "%.0f"|format(data.seconds) }} s here</p>

<p class="sub">Of {{ asked|length }} rows with a target {{ asked|sum }} hold.</p>
{% if data.command %}<p class="sub">Made by <code>{{ data.command }}</code></p>{% endif %}
{% if data.throughout %}<p class="soft">Different throughout: {{ data.throughout }}</p>{% endif %}
{% if data.full and data.profile == "quick" %}<p class="soft">What would change with --full: {{ data.full }}</p>
{% endif %}
"""


def draw(page: Paper) -> str:
    return drawn(TEMPLATE, data=page.data, asked=[row.holds for row in page.rows if row.holds is not None])
