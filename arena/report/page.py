"""A page: one self-contained HTML file, its title, its contents, its panels in their order, and what its words mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from arena.report.panels import Panel, drawn
from arena.report.parts import explained

TEMPLATE = Path(__file__).parent / "templates" / "page.html.j2"
BODY = """\
{% for panel, html in panels %}
{% if panel.heading %}
<h2>{{ panel.heading }}</h2>
{% endif %}
{{ html }}
{% endfor %}
{% if words %}
<h2>Words</h2>
<dl>{% for word, (place, text) in words.items() %}
<dt id="{{ place }}">{{ word }}</dt><dd>{{ text|typeset }}</dd>{% endfor %}
</dl>
{% endif %}
"""
HEADING = re.compile(r"<h2>(.*?)</h2>", re.S)


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")


def render(title: str, panels: Sequence[Panel], subject: Any) -> str:
    """The page as text: of the panels those that apply to the subject; of one order by name."""
    ordered = sorted(panels, key=lambda panel: (panel.order, panel.name))
    shown = [(panel, html) for panel in ordered if (html := panel.shown(subject)) is not None]
    body = str(drawn(BODY, panels=shown, words=explained("".join(html for _, html in shown))))
    places = list(_places(HEADING.findall(body)))
    styles = [panel.style for panel, _ in shown if panel.style]
    page = str(drawn(_template(), title=title, styles=styles, contents=places))
    return page.replace("<!-- panels -->", _anchored(body, [place for _, place in places]), 1)


def _places(headings: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(heading in words, a name of its own in the page's address)."""
    taken: dict[str, int] = {}
    for heading in map(unescape, headings):
        name = re.sub(r"\W+", "-", heading.lower(), flags=re.ASCII).strip("-") or "part"
        taken[name] = number = taken.get(name, 0) + 1
        yield heading, f"{name}-{number}" if number > 1 else name


def _anchored(body: str, places: Sequence[str]) -> str:
    """The body with the headings' names."""
    names = iter(places)
    return HEADING.sub(lambda found: f'<h2 id="{next(names)}">{found[1]}</h2>', body)
