"""Marks in the answers to images whose labels a hash or a rule gives."""
