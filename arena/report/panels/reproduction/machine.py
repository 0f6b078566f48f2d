"""On what it was played."""

from __future__ import annotations

from arena.base.machine import machine
from arena.report.panels import drawn
from arena.report.panels.reproduction import Paper

HEADING = "Machine"
ORDER = 30
TEMPLATE = """\
{{ facts("machine", machine) }}
"""


def draw(page: Paper) -> str:
    return drawn(TEMPLATE, machine=machine())
