"""Benchmarks: every one asserts its result and has its peers in the same group; `make bench` prints the ratios."""

import shutil

import pytest


@pytest.fixture
def needs():
    """Skips a peer that isn't installed."""

    def find(program):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        return program

    return find
