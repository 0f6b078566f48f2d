"""Sweeps: one scenario, every combination of some of its values, every seed; played as a tournament's matches are."""
