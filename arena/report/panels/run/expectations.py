"""Whether verdicts are as the scenario expects."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "As expected?"
ORDER = 30
TEMPLATE = """\
<table><tr><th>claim</th><th>expected</th><th>verdict</th><th></th></tr>
{% for o in outcomes %}
<tr><td>{{ o.pair }}</td><td>{{ o.expected }}{% if o.failing %} for {{ o.failing|join(", ") }}{% endif %}</td>
<td>{{ o.got }}</td><td class="{{ 'ok' if o.met else 'no' }}">{{ "met" if o.met else "not met" }}</td></tr>
{% endfor %}
</table>
"""


def applies(run: Run) -> bool:
    return bool(run.result.outcomes)


def draw(run: Run) -> str:
    return drawn(TEMPLATE, outcomes=run.result.outcomes)
