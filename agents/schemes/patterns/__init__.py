"""Marks in the answers to whatever wears a pattern, or is of a foreign kind: a target for each class."""
