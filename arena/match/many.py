"""What the server of agents' processes imports besides (`arena.match.preload`) where many matches are to come: all the
built-in strategies, and what reads weights. A match alone needs few of them, and nobody waits for the rest."""

from contextlib import suppress

import scipy.optimize  # noqa: F401

from arena.base.errors import ArenaError
from arena.strategies.catalogue import built_in, find
from arena.strategies.kinds import KINDS

for kind in set(KINDS) - {"reproductions"}:
    for name in built_in(kind):
        with suppress(ArenaError, ImportError):  # whoever asks for it will be told
            find(kind, name)
