"""Floor 0: what everything stands on: errors, units, draws, names, YAML with positions, files, the machine."""
