"""Floor 5: what authors of strategies derive from: one name each, whichever file it lives in.

A strategy is a frozen dataclass in a file of its own; its fields are the YAML parameters, with their types as the
validation. `prune` is agents/attacks/model/prune.py:Prune, found on demand; `package.module:Class` and
`path/file.py:Class` name one of the user's own.
"""

from arena.base.names import AgentName, AgentNameOrAll, SchemeName, name_of
from arena.base.userfiles import load_file, own_files
from arena.strategies.attack import (
    ANSWERS,
    CONDITIONS,
    LAYER_NAMES,
    MODEL,
    PICTURES,
    PLAIN_LAYERS,
    QUERIES,
    TASK_CLASSES,
    TWO_PARTS,
    Attack,
    within,
)
from arena.strategies.catalogue import built_in, find
from arena.strategies.examination import BlackBox, Examination, WhiteBox, consensus
from arena.strategies.forgery import Forgery
from arena.strategies.kinds import KINDS, Kind
from arena.strategies.policy import Policy
from arena.strategies.premises import Misfit
from arena.strategies.scheme import Scheme
from arena.strategies.strategy import Strategy, describe, short

__all__ = [
    "ANSWERS", "CONDITIONS", "KINDS", "LAYER_NAMES", "MODEL", "PICTURES", "PLAIN_LAYERS", "QUERIES", "TASK_CLASSES",
    "TWO_PARTS",
    "AgentName", "AgentNameOrAll", "Attack", "BlackBox", "Examination", "Forgery", "Kind", "Misfit", "Policy", "Scheme",
    "SchemeName", "Strategy", "WhiteBox", "built_in", "consensus", "describe", "find", "load_file", "name_of",
    "own_files", "short", "within",
]
