"""How sure are we? Intervals of cells, whole seeds drawn again, which cell to play next. Pure functions on samples."""
