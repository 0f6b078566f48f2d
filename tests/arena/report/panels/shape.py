"""What is markup in a page and what is text: a hostile text must never become the former."""

from __future__ import annotations

from html.parser import HTMLParser

HOSTILE = (
    "</pre></td></svg><script>alert(\"1\")</script><img src=x onerror='alert(2)'>"
    "&lt;b&gt;{{ 1234 * 1001 }}{% raise %}$\\frac$"
)
"""Ends what it may stand in, begins what runs, breaks out of attributes, is a template, a formula, an entity."""


class Shape(HTMLParser):
    """The elements of a piece of HTML (name, names of attributes), their attributes' values, all text, and the cells of
    its tables' rows."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.values, self.rows, self.text, self.cell = [], [], [], "", False
        self.feed(str(html))  # Markup would escape what is added to it
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, *(name for name, _ in attributes)))
        self.values += [value or "" for _, value in attributes]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.cell = True

    def handle_endtag(self, tag):
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data):
        self.text += data
        if self.cell:
            self.rows[-1][-1] += data

    def count(self, tag):
        return sum(element[0] == tag for element in self.elements)


def same_shape(draw, shown=True):
    """`draw(text)` gives HTML with the same elements for a plain word and for a hostile text, which is (`shown`) there
    to read as it was said."""
    plain, hostile = Shape(draw("mallory")), Shape(draw(HOSTILE))
    assert plain.elements == hostile.elements and plain.elements
    assert not {"script", "img"} & ({e[0] for e in hostile.elements} - {e[0] for e in plain.elements})
    assert (HOSTILE in hostile.text) == shown
    assert "mallory" in plain.text or not shown
