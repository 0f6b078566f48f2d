"""Every table and figure of the paper: reproduced, smaller (how), or not (why)."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.reproduction import Paper

HEADING = "Every table and figure of the paper"
ORDER = 5
WORDS = {"reproduced": "reproduced", "smaller": "reproduced smaller", "not": "not reproduced"}
TEMPLATE = """\
<table><tr><th>in the paper</th><th>here</th><th>how, or why not</th></tr>
{% for part in shown %}
<tr><td>{{ part.where }}</td><td>{{ words[part.state] }}</td><td class="soft">{{ part.how }}</td></tr>
{% endfor %}
</table>
"""


def applies(page: Paper) -> bool:
    return bool(page.data.get("shown"))


def draw(page: Paper) -> str:
    return drawn(TEMPLATE, shown=page.data["shown"], words=WORDS)
