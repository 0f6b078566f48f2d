"""Whether the rarity promises what innocents keep, and how that was asked."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.calibration import Calibrated

ORDER = 0
TEMPLATE = """\
<p class="headline {{ 'ok' if found.holds else 'no' }}">{{ found.verdict|typeset }}</p>
<p>{{ found.grants }}; greatest {{ term("rarity") }} {{ found.greatest|bits }} {{ term("bits") }}.</p>
<p class="sub">{{ found.described }} · {{ "{:,}".format(found.keys) }} honest keys, {{ found.hosts|length }} innocent
hosts for {{ found.task.dataset }} (accuracy {{ low|percent }} to {{ high|percent }}, mean {{ mean|percent }})
{%- if found.unscored %} · {{ "{:,}".format(found.unscored) }} pairs could not be examined and count as 0 bits
{%- endif %}</p>
"""


def draw(page: Calibrated) -> str:
    low, mean, high = page.found.accuracy
    return drawn(TEMPLATE, found=page.found, low=low, mean=mean, high=high)
