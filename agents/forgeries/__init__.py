"""One file a strategy, named like it; found on demand (see arena.strategies)."""
