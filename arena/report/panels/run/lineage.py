"""Which model came from which, and how they were trained."""

from __future__ import annotations

from collections.abc import Sequence

from arena.report.panels import drawn
from arena.report.panels.run import Run
from arena.report.plots import training_curves

HEADING = "Lineage and training"
ORDER = 80
TEMPLATE = """\
{% if lineage %}
{% call box("which model came from which") %}<table><tr><th>from</th><th>by</th><th>to</th></tr>
{% for a, b, by in lineage %}<tr><td>{{ a }}</td><td>{{ by }}</td><td>{{ b }}</td></tr>{% endfor %}
</table>{% endcall %}
{% endif %}
{% if plot %}<div class="plots">{{ picture(plot, "Loss of every training, by epoch.") }}</div>{% endif %}
"""


def applies(run: Run) -> bool:
    return bool(_curves(run) or _edges(run))


def draw(run: Run) -> str:
    curves = _curves(run)
    return drawn(TEMPLATE, lineage=_edges(run), plot=training_curves(curves) if curves else "")


def _edges(run: Run) -> list[tuple[str, str, str]]:
    return [(a, b, data["by"]) for a, b, data in run.transcript.lineage().edges(data=True)]


def _curves(run: Run) -> list[tuple[str, Sequence[float]]]:
    return [(f"{t.agent}: {t.purpose}", t.loss) for t in run.result.trainings if t.loss]
