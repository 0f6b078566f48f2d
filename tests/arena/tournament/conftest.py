"""Two workers that tests of a file share."""

import pytest

from arena.executors.executor import Bounds
from arena.executors.local import LocalProcesses


@pytest.fixture(scope="module")
def workers():
    made = LocalProcesses(2, Bounds(30))
    yield made
    made.close()
