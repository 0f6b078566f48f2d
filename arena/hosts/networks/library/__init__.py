"""One file a network, named like it: `make` builds it, and its docstring is what `arena list` says."""
