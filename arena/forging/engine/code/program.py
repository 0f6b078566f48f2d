"""One LLVM module: the stages of a try and the driver, specialised for lanes, tail blocks and the first word that
varies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from arena.forging.engine.code.driver import fill_function, level_function, pending_function, search_function
from arena.forging.engine.code.emit import Emitter, declarations, mask_type
from arena.forging.engine.code.labels import label_stage
from arena.forging.engine.code.stages import outer_stage, second_stage, tail_stage
from arena.forging.engine.code.streams import INSTRUCTIONS, Streams


@dataclass(frozen=True)
class Spec:
    """What is compiled in; all other problem data are arguments. With `sha`, the rounds are the processor's own
    (`streams`)."""

    width: int
    blocks: int
    start: int
    sha: bool = False


def program(spec: Spec, ternary: bool) -> str:
    """The module's text."""
    make = partial(Streams if spec.sha else Emitter, spec.width, ternary)
    parts = [declarations(spec.width), *([INSTRUCTIONS] if spec.sha else [])]
    if ternary:
        bits, kind, mask = 32 * spec.width, make().type, mask_type(spec.width)
        parts.append(f"declare {kind} @llvm.x86.avx512.pternlog.d.{bits}({kind}, {kind}, {kind}, i32)")
        parts.append(f"declare {kind} @llvm.x86.avx512.mask.compress.v{spec.width}i32({kind}, {kind}, {mask})")
    parts.append(tail_stage(make, spec.blocks, spec.start))
    if spec.blocks == 2:
        parts.append(second_stage(make))
    parts += [outer_stage(make), label_stage(make, ternary)]
    parts += [fill_function(), level_function(), pending_function(spec.width), search_function(spec.width, spec.blocks)]
    return "\n\n".join(parts) + "\n"
