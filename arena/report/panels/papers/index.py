"""One line a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena.report.panels import drawn

if TYPE_CHECKING:
    from arena.report.papers import Entry

ORDER = 0
TEMPLATE = """\
<table><tr><th>paper</th><th>tables and figures</th><th>targets that hold</th><th>time</th><th>made by</th></tr>
{% for entry in entries %}
<tr><td>{% if entry.link %}<a href="{{ entry.link }}">{{ entry.title }}</a>{% else %}{{ entry.title }}{% endif %}</td>
{% for cell in entry.cells %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</table>
"""


def draw(entries: Sequence[Entry]) -> str:
    return drawn(TEMPLATE, entries=entries)
