"""The label stage: one block of the label stream for each lane, then the lanes worth going on with are packed together.

It takes lanes from the end of a queue, so that what is left stays at the front, and puts survivors at the end of the
next queue.
"""

from __future__ import annotations

from collections.abc import Callable

from arena.forging.engine.code.emit import SLOTS, Emitter, Reg, mask_type
from arena.forging.engine.code.stages import (
    COUNT,
    INDEX,
    LEAST,
    MATCHES,
    ROWS,
    STRIDE,
    bits_of,
    label_matches,
    label_words,
    load_rows,
    row_pointer,
)

HEADER = (
    "@label(ptr %context, ptr %row, i32 %block, ptr %source, i64 %top, i64 %bottom, ptr %target, i64 %stride, "
    "ptr %length, ptr %doubts, ptr %doubted, ptr %seen)"
)


def label_stage(make: Callable[[], Emitter], packed: bool) -> str:
    """Lanes [top - width, top), then the ones below while whole vectors remain; `packed` when the target can compress
    registers."""
    m = make()
    kind, mask = m.type, mask_type(m.width)
    differences = label_words(m, load_rows(m, "%source", "%position"), Reg("%block", vector=False))
    so_far, index = load_rows(m, "%source", "%position", range(MATCHES, INDEX + 1))
    total, doubtful = label_matches(m, differences, so_far)
    count, least = m.load_word("%context", COUNT), m.load_word("%row", LEAST)
    valid = m.line(f"icmp ult {kind} {m.broadcast(index)}, {m.broadcast(count)}").name
    enough = m.line(f"icmp sge {kind} {m.broadcast(total)}, {m.broadcast(least)}").name
    settled = m.line(f"xor {mask} {doubtful}, {all_lanes(m.width)}").name
    keep = m.line(f"and {mask} {valid}, {enough}").name
    keep = m.line(f"and {mask} {keep}, {settled}").name
    doubt = m.line(f"and {mask} {valid}, {doubtful}").name
    place = row_pointer(m, "%source", MATCHES, "%position")
    m.vector.append(f"store {kind} {m.broadcast(total)}, ptr {place}, align 4")
    valid_bits, keep_bits, doubt_bits = (bits_of(m, x) for x in (valid, keep, doubt))
    count_lanes(m, valid_bits)
    push = packed_push(m, keep, keep_bits) if packed else portable_push(m, keep_bits)
    return "\n".join([*opening(m), *m.vector, *push, *doubt_lines(doubt_bits), *closing(m)])


def all_lanes(width: int) -> str:
    return "true" if width == 1 else "<" + ", ".join(["i1 true"] * width) + ">"


def opening(m: Emitter) -> list[str]:
    """Function head; the loop runs downwards."""
    return [
        f"define internal void {HEADER} {{",
        "entry:",
        f"%slots = alloca i32, i64 {SLOTS}, align 64",
        *m.scalar,
        f"%highest = sub i64 %top, {m.width}",
        "br label %loop",
        "loop:",
        "%position = phi i64 [ %highest, %entry ], [ %next, %end ]",
    ]


def closing(m: Emitter) -> list[str]:
    return [
        "end:",
        f"%next = sub i64 %position, {m.width}",
        "%more = icmp sge i64 %next, %bottom",
        "br i1 %more, label %loop, label %done",
        "done:",
        "ret void",
        "}",
    ]


def count_lanes(m: Emitter, bits: str) -> None:
    """Count the tries that compute this block."""
    lanes = m.line(f"call i64 @llvm.ctpop.i64(i64 {bits})").name
    before = m.line("load i64, ptr %seen, align 8").name
    after = m.line(f"add i64 {before}, {lanes}").name
    m.vector.append(f"store i64 {after}, ptr %seen, align 8")


def packed_push(m: Emitter, keep: str, bits: str) -> list[str]:
    """Survivors through the register-compressing instruction and whole-vector stores; the slack behind a queue takes
    the rest."""
    start = len(m.vector)
    size = m.line("load i64, ptr %length, align 8").name
    values = load_rows(m, "%source", "%position", range(ROWS))
    place = m.line(f"getelementptr i32, ptr %target, i64 {size}").name
    name = f"@llvm.x86.avx512.mask.compress.v{m.width}i32"
    for value in values:
        dense = m.line(f"call {m.type} {name}({m.type} {m.broadcast(value)}, {m.type} zeroinitializer, "
                       f"{mask_type(m.width)} {keep})").name
        m.vector.append(f"store {m.type} {dense}, ptr {place}, align 4")
        place = m.line(f"getelementptr i32, ptr {place}, i64 %stride").name
    lanes = m.line(f"call i64 @llvm.ctpop.i64(i64 {bits})").name
    after = m.line(f"add i64 {size}, {lanes}").name
    m.vector.append(f"store i64 {after}, ptr %length, align 8")
    lines, m.vector[start:] = m.vector[start:], []
    return [f"%kept = icmp ne i64 {bits}, 0", "br i1 %kept, label %push, label %pushed", "push:", *lines,
            "br label %pushed", "pushed:"]


def portable_push(m: Emitter, bits: str) -> list[str]:
    """Survivors one lane at a time."""
    start = len(m.vector)
    size = m.line("load i64, ptr %length, align 8").name
    lane = m.line("call i64 @llvm.cttz.i64(i64 %left, i1 true)").name
    source = m.line(f"add i64 %position, {lane}").name
    place = m.line(f"getelementptr i32, ptr %target, i64 {size}").name
    for row in range(ROWS):
        value = m.line(f"load i32, ptr {row_pointer(m, '%source', row, source)}, align 4").name
        m.vector.append(f"store i32 {value}, ptr {place}, align 4")
        place = m.line(f"getelementptr i32, ptr {place}, i64 %stride").name
    after = m.line(f"add i64 {size}, 1").name
    m.vector.append(f"store i64 {after}, ptr %length, align 8")
    lines, m.vector[start:] = m.vector[start:], []
    return [
        f"%kept = icmp ne i64 {bits}, 0",
        "br i1 %kept, label %push, label %pushed",
        "push:",
        f"%left = phi i64 [ {bits}, %loop ], [ %rest, %push ]",
        *lines,
        "%fewer = sub i64 %left, 1",
        "%rest = and i64 %left, %fewer",
        "%again = icmp ne i64 %rest, 0",
        "br i1 %again, label %push, label %pushed",
        "pushed:",
    ]


def doubt_lines(bits: str) -> list[str]:
    """Note index and block of the doubtful lanes, one at a time (they are about one in a million)."""
    return [
        f"%doubting = icmp ne i64 {bits}, 0",
        "br i1 %doubting, label %note, label %end",
        "note:",
        f"%todo = phi i64 [ {bits}, %pushed ], [ %remaining, %note ]",
        "%which = call i64 @llvm.cttz.i64(i64 %todo, i1 true)",
        "%from = add i64 %position, %which",
        f"%indices = getelementptr i32, ptr %source, i64 {INDEX * STRIDE}",
        "%place = getelementptr i32, ptr %indices, i64 %from",
        "%doubtful = load i32, ptr %place, align 4",
        "%noted = load i64, ptr %doubted, align 8",
        "%twice = shl i64 %noted, 1",
        "%entry0 = getelementptr i32, ptr %doubts, i64 %twice",
        "%entry1 = getelementptr i32, ptr %entry0, i64 1",
        "store i32 %doubtful, ptr %entry0, align 4",
        "store i32 %block, ptr %entry1, align 4",
        "%notes = add i64 %noted, 1",
        "store i64 %notes, ptr %doubted, align 8",
        "%less = sub i64 %todo, 1",
        "%remaining = and i64 %todo, %less",
        "%further = icmp ne i64 %remaining, 0",
        "br i1 %further, label %note, label %end",
    ]
