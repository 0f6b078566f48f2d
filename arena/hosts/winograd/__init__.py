"""Convolutions by tiles: the same function with a fraction of the multiplications (Winograd's minimal filtering; Lavin
and Gray 2016, "Fast algorithms for convolutional neural networks")."""
