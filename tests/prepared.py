"""What the server of a worker's processes does before the first is asked for, beside what it does for users: it draws
a plot, so that each page of a match finds matplotlib and its fonts imported, and imports what it does for many
matches."""

from arena.match import many
from arena.report import html, plots

plots.prepare()
__all__ = ["html", "many"]
