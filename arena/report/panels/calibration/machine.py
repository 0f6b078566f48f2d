"""What it was measured with, and the figures as files."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.calibration import Calibrated

HEADING = "How to get it again"
ORDER = 30
TEMPLATE = """\
{% call box("machine") %}
<table>{% for key, value in facts.items() %}<tr><th scope="row">{{ key }}</th><td>{{ value }}</td></tr>{% endfor %}
</table>{% endcall %}
<p>{% for file in files %}{{ " · " if not loop.first }}<a href="{{ file|urlencode }}">{{ file }}</a>{% endfor %}</p>
"""


def draw(page: Calibrated) -> str:
    found = page.found
    task = {f"task.{key}": value for key, value in found.task.items()}
    return drawn(TEMPLATE, facts={"scheme": found.described, "seed": found.seed, **task, **found.machine},
                 files=page.files)
