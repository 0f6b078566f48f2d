"""A reproduction's page subject, by hand."""

import pytest

from arena.report.panels.reproduction import Paper
from arena.reproduction.reproduction import Row

TASK = {"dataset": "digits", "limit": 0, "network": "digits-cnn", "epochs": 3, "batch": 64, "optimizer": "adam",
        "rate": 1e-3, "schedule": "constant"}


@pytest.fixture
def reproduced():
    def make(rows=(), figures=(), task=None, **data):
        fields = {"profile": "quick", "task": {**TASK, **(task or {})}, "seconds": 12.34, "throughout": ""}
        return Paper({**fields, **data}, rows, figures)

    return make


@pytest.fixture
def row():
    return lambda where="Table 1", holds=None, **more: Row(where, **{"what": "error", "paper": "8 %", "ours": "9 %",
                                                                    "n": 2, **more}, holds=holds)
