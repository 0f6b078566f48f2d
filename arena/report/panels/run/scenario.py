"""What was played, and on what machine: enough to play it again."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Scenario and machine"
ORDER = 110
TEMPLATE = """\
<pre tabindex="0">{{ yaml }}</pre>
{% call box("machine") %}
<table>{% for key, value in machine.items() %}<tr><th scope="row">{{ key }}</th><td>{{ value }}</td></tr>{% endfor %}
</table>{% endcall %}
"""


def draw(run: Run) -> str:
    import yaml

    result, options = run.result, run.result.options
    text = yaml.safe_dump(dict(result.scenario), sort_keys=False, allow_unicode=True, width=110)
    machine = {**result.machine, "device": options.get("device", ""), "threads": options.get("threads", ""),
               "transcript": result.transcript}
    return drawn(TEMPLATE, yaml=text, machine=machine)
