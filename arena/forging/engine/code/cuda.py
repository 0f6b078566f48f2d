"""The same emitter for graphics processors: one lane a thread, and the survivors of each block of labels in a list.

`begin` takes tries through the tail, the outer hash and the first block of labels; `resume` takes listed tries through
one more block. Both are plain scalar functions of a thread's number, so the processor runs the very same functions to
check them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import llvmlite.binding as llvm

from arena.forging.engine.code.emit import SLOTS, Emitter, Reg, Value, declarations
from arena.forging.engine.code.stages import (
    FIRST,
    INDEX,
    INNER,
    LEAST,
    MATCHES,
    OUTER,
    OUTER_TAIL,
    ROWS,
    SECOND,
    label_matches,
    label_words,
    load_words,
    varying_stop,
)

BEGIN = "ptr %context, ptr %masks, ptr %row, ptr %flips, i64 %inner, i64 %bits, i64 %first, i64 %count"
RESUME = "ptr %context, ptr %row, i32 %block, ptr %source, i64 %from, i64 %count"
SINKS = "ptr %target, i64 %stride, ptr %length, ptr %doubts, ptr %doubted"
THREAD = "i64 %thread, i64 %threads"
TRIPLE = "nvptx64-nvidia-cuda"
SPECIAL = ("tid.x", "ntid.x", "ctaid.x", "nctaid.x")


def test_and_push(m: Emitter, digest: Sequence[Value], so_far: Value, index: str, number: Value) -> list[str]:
    """One block of labels, then three ways on: noted as doubtful, appended to the list, or dropped."""
    total, doubtful = label_matches(m, label_words(m, digest, number), so_far)
    enough = m.line(f"icmp sge i32 {m.broadcast(total)}, {m.broadcast(m.load_word('%row', LEAST))}").name
    lines = [
        *m.vector,
        f"br i1 {doubtful}, label %note, label %sure",
        "note:",
        "%noted = atomicrmw add ptr %doubted, i64 1 monotonic",
        "%note.o = shl i64 %noted, 1",
        "%note.0 = getelementptr i32, ptr %doubts, i64 %note.o",
        "%note.1 = getelementptr i32, ptr %note.0, i64 1",
        f"store i32 {index}, ptr %note.0, align 4",
        f"store i32 {number if isinstance(number, int) else number.name}, ptr %note.1, align 4",
        "br label %end",
        "sure:",
        f"br i1 {enough}, label %push, label %end",
        "push:",
        "%slot = atomicrmw add ptr %length, i64 1 monotonic",
        "%place.0 = getelementptr i32, ptr %target, i64 %slot",
    ]
    for row, value in enumerate([*digest, total, Reg(index, vector=True)]):
        lines.append(f"store i32 {m.broadcast(value)}, ptr %place.{row}, align 4")
        lines.append(f"%place.{row + 1} = getelementptr i32, ptr %place.{row}, i64 %stride")
    return [*lines, "br label %end"]


def loop_lines(once: list[str], push: list[str]) -> list[str]:
    """Each try of a group: what is the same for all first, then hash, test and push."""
    return [
        "hash:",
        *once,
        "br label %loop",
        "loop:",
        "%lane = phi i64 [ 0, %hash ], [ %next, %end ]",
        "%try = add i64 %counter, %lane",
        "%relative = sub i64 %try, %first",
        "%index = trunc i64 %relative to i32",
        "%valid = icmp ult i64 %relative, %count",
        "br i1 %valid, label %work, label %end",
        "work:",
        *push,
        "end:",
        "%next = add i64 %lane, 1",
        "%more = icmp ult i64 %next, %size",
        "br i1 %more, label %loop, label %finished",
        "finished:",
        "%following = add i64 %number, %threads",
        "br label %group",
    ]


def begin_function(make: Callable[[], Emitter], blocks: int, start: int) -> str:
    """Groups thread, thread + threads, .. of the range: prefix words once a group, then each try of the group."""
    m = make()
    stop = varying_stop(blocks)
    block: list[Value] = load_words(m, "%words", 16)
    for i in range(start, stop):
        offset = m.line(f"mul i64 %lane, {stop - start}").name
        pointer = m.line(f"getelementptr i32, ptr %masks, i64 {offset}").name
        pointer = m.line(f"getelementptr i32, ptr {pointer}, i64 {i - start}").name
        block[i] = m.xor(m.line(f"load i32, ptr {pointer}, align 4"), block[i])
    state = m.compression(load_words(m, "%context", 8, INNER), block)
    if blocks == 2:
        state = m.compression(state, load_words(m, "%context", 16, SECOND))
    digest = m.compression(load_words(m, "%context", 8, OUTER), [*state, *OUTER_TAIL])
    push = test_and_push(m, digest, 0, "%index", 0)
    lines = [
        f"define void @begin({BEGIN}, {SINKS}, {THREAD}) {{",
        "entry:",
        f"%slots = alloca i32, i64 {SLOTS}, align 64",
        "%words = alloca [16 x i32], align 64",
        "%last = add i64 %first, %count",
        "%low = lshr i64 %first, %inner",
        "%size = shl i64 1, %inner",
        "%start = add i64 %low, %thread",
        "br label %group",
        "group:",
        "%number = phi i64 [ %start, %entry ], [ %following, %finished ]",
        "%counter = shl i64 %number, %inner",
        "%within = icmp slt i64 %counter, %last",
        "br i1 %within, label %copy, label %done",
        *prefix_lines(),
        *loop_lines(m.scalar, push),
        "done:",
        "ret void",
        "}",
    ]
    return "\n".join(lines)


def prefix_lines() -> list[str]:
    """Copy the tail's words and flip those of the counter's set bits above the group's."""
    return [
        "copy:",
        "%at = phi i64 [ 0, %group ], [ %beyond, %copy ]",
        f"%whence = getelementptr i32, ptr %context, i64 {FIRST}",
        "%from.p = getelementptr i32, ptr %whence, i64 %at",
        "%to.p = getelementptr i32, ptr %words, i64 %at",
        "%plain = load i32, ptr %from.p, align 4",
        "store i32 %plain, ptr %to.p, align 4",
        "%beyond = add i64 %at, 1",
        "%copying = icmp ult i64 %beyond, 16",
        "br i1 %copying, label %copy, label %bits.head",
        "bits.head:",
        "%left = phi i64 [ %counter, %copy ], [ %fewer, %flip ]",
        "%any = icmp ne i64 %left, 0",
        "br i1 %any, label %flip, label %hash",
        "flip:",
        "%bit = call i64 @llvm.cttz.i64(i64 %left, i1 true)",
        "%minus = sub i64 %left, 1",
        "%fewer = and i64 %left, %minus",
        "%flip.o = shl i64 %bit, 1",
        "%where = getelementptr i32, ptr %flips, i64 %flip.o",
        "%mask.p = getelementptr i32, ptr %where, i64 1",
        "%word = load i32, ptr %where, align 4",
        "%mask = load i32, ptr %mask.p, align 4",
        "%old.p = getelementptr i32, ptr %words, i32 %word",
        "%old = load i32, ptr %old.p, align 4",
        "%new = xor i32 %old, %mask",
        "store i32 %new, ptr %old.p, align 4",
        "br label %bits.head",
    ]


def resume_function(make: Callable[[], Emitter]) -> str:
    """Listed tries thread, thread + threads, ..: one more block of labels each."""
    m = make()
    loaded: list[Value] = []
    for row in range(ROWS):
        offset = m.line(f"mul i64 %from, {row}").name
        pointer = m.line(f"getelementptr i32, ptr %source, i64 {offset}").name
        pointer = m.line(f"getelementptr i32, ptr {pointer}, i64 %number").name
        loaded.append(m.line(f"load i32, ptr {pointer}, align 4"))
    index = loaded[INDEX]
    assert isinstance(index, Reg)
    push = test_and_push(m, loaded[:8], loaded[MATCHES], index.name, Reg("%block", vector=False))
    lines = [
        f"define void @resume({RESUME}, {SINKS}, {THREAD}) {{",
        "entry:",
        f"%slots = alloca i32, i64 {SLOTS}, align 64",
        *m.scalar,
        "br label %loop",
        "loop:",
        "%number = phi i64 [ %thread, %entry ], [ %following, %end ]",
        "%within = icmp ult i64 %number, %count",
        "br i1 %within, label %work, label %done",
        "work:",
        *push,
        "end:",
        "%following = add i64 %number, %threads",
        "br label %loop",
        "done:",
        "ret void",
        "}",
    ]
    return "\n".join(lines)


def scalar_program(blocks: int, start: int) -> str:
    """`begin` and `resume`, for any target."""
    make = partial(Emitter, 1)
    return "\n\n".join([declarations(1), begin_function(make, blocks, start), resume_function(make)]) + "\n"


def kernel_entry(name: str, parameters: str) -> str:
    """A function that the GPU launches: works out the thread's number and calls the scalar function."""
    reads = [f"%{s} = call i32 @llvm.nvvm.read.ptx.sreg.{s}()" for s in SPECIAL]
    lines = [
        f"define ptx_kernel void @{name}_kernel({parameters}) {{",
        *reads,
        "%before = mul i32 %ctaid.x, %ntid.x",
        "%number = add i32 %before, %tid.x",
        "%all = mul i32 %nctaid.x, %ntid.x",
        "%thread = zext i32 %number to i64",
        "%threads = zext i32 %all to i64",
        f"call void @{name}({parameters}, {THREAD})",
        "ret void",
        "}",
    ]
    return "\n".join(lines)


def ptx(blocks: int, start: int, architecture: str = "sm_90") -> str:
    """PTX assembly of both kernels.

    Without LLVM's own optimisation, which takes 20 times as long and moves uniform values back into registers: the
    assembler that comes with the driver does better (48 registers and no spills instead of 214).
    """
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    entries = [kernel_entry(name, f"{own}, {SINKS}") for name, own in (("begin", BEGIN), ("resume", RESUME))]
    reads = [f"declare i32 @llvm.nvvm.read.ptx.sreg.{s}()" for s in SPECIAL]
    module = llvm.parse_assembly("\n\n".join([scalar_program(blocks, start), *entries, *reads]) + "\n")
    module.triple = TRIPLE
    machine = llvm.Target.from_triple(TRIPLE).create_target_machine(cpu=architecture, opt=0)
    module.data_layout = str(machine.target_data)
    module.verify()
    return str(machine.emit_assembly(module))
