"""The emitted search loaded into this process and called with Python's lock released."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.base.llvm import MISSING, Target, host, load, obtain
from arena.forging.engine.code.program import Spec, program

Search = Callable[[int], None]
_lock = threading.Lock()
_loaded: dict[tuple[Spec, Target], Kernel] = {}


@dataclass(frozen=True, eq=False)
class Kernel:
    """A loaded program: `call` takes the address of the argument array; `engine` owns the code."""

    spec: Spec
    call: Search
    engine: Any
    cached: bool


def kernel(spec: Spec, directory: Path | None = None, target: Target | None = None) -> tuple[Kernel | None, str]:
    """The program loaded and ready to call, or None with the reason; loaded programs are remembered."""
    goal, reason = (target, MISSING) if target else host()
    if goal is None or reason:
        return None, reason
    try:
        with _lock:
            if (spec, goal) not in _loaded:
                code, cached = obtain(program(spec, ternary(spec.width, goal)), goal, directory)
                engine, (address,) = load(code, goal, "search")
                _loaded[spec, goal] = Kernel(spec, ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address), engine, cached)
            return _loaded[spec, goal], ""
    except Exception as problem:  # whatever LLVM dislikes, the hashlib path still works
        return None, f"LLVM failed: {problem}"


def ternary(width: int, target: Target) -> bool:
    """Whether the target has three-operand logic and register compression for this width."""
    return (width == 16 and target.has("avx512f")) or (width in (4, 8) and target.has("avx512vl"))
