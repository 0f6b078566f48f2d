"""Payoffs, one file each: what a match is worth to somebody. A new one needs no other edit.

A payoff is a module with an `EXPRESSION` over the columns (arena.tournament.games.columns), called as its file; the
first paragraph of its docstring is its line in the list. The unit is the value of one model. A tournament's file may
put another expression in its place.
"""
