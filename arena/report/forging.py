"""The page of what forging costs on a machine (`panels.forging`)."""

from __future__ import annotations

from collections.abc import Sequence

from arena.pricing.forge import Priced
from arena.report import page
from arena.report.panels import found
from arena.report.panels.forging import Forging

TITLE = "What forging a key costs on this machine"


def render(priced: Priced, files: Sequence[str] = ()) -> str:
    """The page as text; `files` lie beside it."""
    return page.render(TITLE, found("forging"), Forging(priced, tuple(files)))
