"""Marks in the weights."""
