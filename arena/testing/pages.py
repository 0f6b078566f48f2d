"""Whether a reproduction makes a page: its rows and figures, as `arena reproduce` would have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from arena.report.figure import svg_of
from arena.report.reproduction import render
from arena.reproduction.reproduction import Figure, Reproduction, Row, Studio, overclaimed
from arena.testing.declared import check_strategy
from arena.workshop.options import Options


def check_reproduction(reproduction: Reproduction, store: Path, data: Path | None = None,
                       seeds: Sequence[int] = (1,)) -> list[Row | Figure]:
    """The quick profile gives rows with n and the paper's number, and figures that can be drawn; what it says to show
    of the paper is there; all of it makes a page. What was found, for further tests."""
    check_strategy(reproduction)
    assert reproduction.title, "a reproduction needs the paper's title"
    options = Options(str(store), str(data or ""), threads=torch.get_num_threads())
    studio = Studio(reproduction.task(True), options, True, tuple(seeds), say=lambda line: None)
    found = list(reproduction.rows(studio))
    rows, figures = [r for r in found if isinstance(r, Row)], [f for f in found if isinstance(f, Figure)]
    assert rows and len(rows) + len(figures) == len(found), "a reproduction yields rows, one at least, and figures"
    for row in rows:
        assert row.where and row.what and row.ours and row.n >= 0, f"a row says where, what and ours: {row}"
        json.dumps(asdict(row), allow_nan=False)
    assert all(svg_of(figure).lstrip().startswith("<svg") for figure in figures), "a figure is drawn as SVG"
    claimed = overclaimed(reproduction.shown(True), found)
    assert not claimed, f"said to be reproduced, and nothing of it was found: {claimed}"
    about: dict[str, Any] = {"paper": reproduction.title, "profile": "quick", "task": asdict(studio.task),
                             "seconds": 0.0, "throughout": reproduction.throughout,
                             "rows": [asdict(row) for row in rows]}
    page = render(reproduction.title, about, rows, figures)
    assert page.startswith("<!doctype html>"), "the rows make no page"
    return found
