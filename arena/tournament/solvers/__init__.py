"""Solvers, one file each: what is the answer to a game? A new one needs no other edit.

A solver is a module with `solve(game: Bimatrix) -> Solution`, called as its file (`lemke-howson`); the first paragraph
of its docstring is its line in the list. What begins with `_` is a helper.
"""
