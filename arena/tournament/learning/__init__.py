"""Who learns: settings of a strategy's parameters are tried in matches, and the best of them join the game."""
