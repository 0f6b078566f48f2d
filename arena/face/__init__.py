"""The face: Arena from Python; the command line is a thin layer on it.

    import arena
    result = arena.play("who.yaml", seed=7, changes={"agents.alice.scheme.rose.triggers": 64})
    result.verdicts[0].granted, result.rows(), result.report("who.html")
    arena.forge("who.yaml", budget=30).advice
    arena.reproduce("rose", observer=print).report("rose.html")

`matches` plays them, `forging` prices a forgery on this machine, `reproducing` sets a paper's numbers beside ours.
"""

from arena.face.machine import data_folder, options
from arena.face.matches import Changes, Replay, Result, check, load, play, replay

__all__ = ["Changes", "Replay", "Result", "check", "data_folder", "load", "options", "play", "replay"]
