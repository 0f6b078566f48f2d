"""The notebook of first steps is what its cells say, and runs."""

from __future__ import annotations

import os

import pytest

from tests.docs.pages import DOCS

nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
FILE = DOCS / "first-steps.ipynb"


def test_it_is_up_to_date():
    from tests.docs.notebook import notebook

    assert nbformat.read(FILE, 4) == notebook(), "run python -m tests.docs.notebook"


def test_it_runs(tmp_path, store, monkeypatch):
    monkeypatch.setenv("ARENA_STORE", str(store))
    book = nbformat.read(FILE, 4)
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = ["".join(output.get("text") or str(output["data"]["text/plain"]) for output in cell.outputs)
             for cell in book.cells if cell.cell_type == "code"]
    assert "('alice', 'mallory', 'granted')" in shown[3] and "('alice', 'bob', 'denied')" in shown[3], shown
    assert "True" in shown[3] and shown[5] == "[False, False]" and "prune" in shown[6], shown
    assert os.listdir(tmp_path) == []
