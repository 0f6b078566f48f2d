"""Which model came from which, and how they were trained."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.run import Run
from arena.report.plots import training_curves

HEADING = "Lineage and training"
ORDER = 100
TEMPLATE = """\
{% if lineage %}
<table><tr><th>from</th><th>by</th><th>to</th></tr>
{% for a, b, by in lineage %}<tr><td>{{ a }}</td><td>{{ by }}</td><td>{{ b }}</td></tr>{% endfor %}
</table>
{% endif %}
<div class="plots">{{ plot|safe }}</div>
"""


def draw(run: Run) -> str:
    curves = [(f"{t.agent}: {t.purpose}", t.loss) for t in run.result.trainings if t.loss]
    edges = [(a, b, data["by"]) for a, b, data in run.transcript.lineage().edges(data=True)]
    return drawn(TEMPLATE, lineage=edges, plot=training_curves(curves) if curves else "")
