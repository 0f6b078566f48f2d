"""Some of these agents damage the store: theirs is not that of the other tests, which may play beside them."""

import pytest


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A store for the hostile tests of one worker."""
    return tmp_path_factory.mktemp("hostile-store")
