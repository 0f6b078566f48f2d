"""The straight-line stages of a try, as LLVM functions that loop over lanes: tail blocks, outer hash, one block of
labels.

Lanes live in records of ten rows (eight digest words, matches, index of the try), each row `stride` words long. A
stage's code fits the processor's cache of decoded instructions, so each runs over many lanes before the next one is
entered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena.forging.engine.code.emit import SLOTS, Emitter, Reg, Value, mask_type, suffix_of
from arena.forging.engine.code.sha import START

ROWS = 10
MATCHES, INDEX = 8, 9
BATCH = 1024
READY = 256
STRIDE = BATCH + READY + 64

INNER, OUTER, FIRST, SECOND = 0, 8, 16, 32
INVERSE, ZEROS, LIMIT, COUNT = 48, 49, 50, 51
CONTEXT = 52
TARGET, BOUND, LEAST, ROW = 0, 8, 16, 17

OUTER_TAIL = (1 << 31, 0, 0, 0, 0, 0, 0, 8 * (64 + 32))
LABEL_TAIL = (1 << 31, 0, 0, 0, 0, 8 * (32 + 8))


def load_words(m: Emitter, base: str, number: int, offset: int = 0) -> list[Value]:
    return [m.load_word(base, offset + i) for i in range(number)]


def row_pointer(m: Emitter, base: str, row: int, position: str, stride: int = STRIDE) -> str:
    """The address of `position` lanes into a row of a record."""
    start = m.line(f"getelementptr i32, ptr {base}, i64 {row * stride}").name
    return m.line(f"getelementptr i32, ptr {start}, i64 {position}").name


def load_rows(m: Emitter, base: str, position: str, rows: range = range(8)) -> list[Value]:
    return [m.line(f"load {m.type}, ptr {row_pointer(m, base, row, position)}, align 4") for row in rows]


def store_rows(m: Emitter, values: Sequence[Value], base: str, position: str) -> None:
    for row, value in enumerate(values):
        m.vector.append(f"store {m.type} {m.broadcast(value)}, ptr {row_pointer(m, base, row, position)}, align 4")


def assemble(m: Emitter, header: str) -> str:
    """A function that runs the scalar stream once and the vector stream for %position = 0, width, .. below %lanes."""
    lines = [
        f"define internal void {header} {{",
        "entry:",
        f"%slots = alloca i32, i64 {SLOTS}, align 64",
        *m.scalar,
        "br label %loop",
        "loop:",
        "%position = phi i64 [ 0, %entry ], [ %next, %loop ]",
        *m.vector,
        f"%next = add i64 %position, {m.width}",
        "%more = icmp ult i64 %next, %lanes",
        "br i1 %more, label %loop, label %done",
        "done:",
        "ret void",
        "}",
    ]
    return "\n".join(lines)


def tail_stage(make: Callable[[], Emitter], blocks: int, start: int) -> str:
    """First tail block: words from `start` vary by a table of masks (one row of lanes for each word), the ones before
    are uniform.

    The last two words of a single block are the length of the message, which no flip touches.
    """
    m = make()
    block: list[Value] = load_words(m, "%words", 16)
    stop = varying_stop(blocks)
    for i in range(start, stop):
        offset = m.line(f"mul i64 %position, {stop - start}").name
        pointer = m.line(f"getelementptr i32, ptr %masks, i64 {offset}").name
        pointer = m.line(f"getelementptr i32, ptr {pointer}, i64 {(i - start) * m.width}").name
        block[i] = m.xor(m.line(f"load {m.type}, ptr {pointer}, align 4"), block[i])
    state = m.compression(load_words(m, "%context", 8, INNER), block)
    store_rows(m, state, "%out", "%position")
    position = splat_register(m, m.line("trunc i64 %position to i32").name)
    moved = m.line(f"add {m.type} {position}, {lane_numbers(m)}")
    total = m.operation("add", moved, Reg("%index", vector=False))
    for row, value in ((MATCHES, m.splat(0)), (INDEX, total.name)):
        m.vector.append(f"store {m.type} {value}, ptr {row_pointer(m, '%out', row, '%position')}, align 4")
    return assemble(m, "@tail(ptr %context, ptr %words, ptr %masks, ptr %out, i32 %index, i64 %lanes)")


def varying_stop(blocks: int) -> int:
    """One past the last word of the first tail block that may differ between tries."""
    return 14 if blocks == 1 else 16


def lane_numbers(m: Emitter) -> str:
    return "0" if m.width == 1 else "<" + ", ".join(f"i32 {i}" for i in range(m.width)) + ">"


def splat_register(m: Emitter, name: str) -> str:
    if m.width == 1:
        return name
    head = m.line(f"insertelement {m.type} poison, i32 {name}, i32 0").name
    return m.line(f"shufflevector {m.type} {head}, {m.type} poison, <{m.width} x i32> zeroinitializer").name


def second_stage(make: Callable[[], Emitter]) -> str:
    """Second tail block: the same for all tries, so its whole schedule is uniform."""
    m = make()
    state = m.compression(load_rows(m, "%out", "%position"), load_words(m, "%context", 16, SECOND))
    store_rows(m, state, "%out", "%position")
    return assemble(m, "@second(ptr %context, ptr %out, i64 %lanes)")


def outer_stage(make: Callable[[], Emitter]) -> str:
    """The outer hash of HMAC: the inner digest behind the opad block."""
    m = make()
    state = m.compression(load_words(m, "%context", 8, OUTER), [*load_rows(m, "%out", "%position"), *OUTER_TAIL])
    store_rows(m, state, "%out", "%position")
    return assemble(m, "@outer(ptr %context, ptr %out, i64 %lanes)")


def label_words(m: Emitter, digest: Sequence[Value], number: Value) -> list[Value]:
    """Eight stream words minus their wanted labels, as varying values."""
    block = [*digest, 0, number, *LABEL_TAIL]
    state = m.compression(START, block)
    return [m.operation("sub", x, t) for x, t in zip(state, load_words(m, "%row", 8, TARGET), strict=True)]


def label_matches(m: Emitter, differences: Sequence[Value], so_far: Value) -> tuple[Value, str]:
    """Matches after this block, and the mask of lanes in which a word might have been rejected.

    A word equals y modulo c exactly if word - y is one of the floor(2^32 / c) smallest multiples of c, that is if,
    times the inverse of c's odd part and rotated by its trailing zeros, it is below that bound. Wrapped differences and
    rejected words are at least the limit 2^32 - 2^32 mod c - (c - 1), so the lanes above it are a few too many and are
    settled elsewhere.
    """
    inverse, zeros, limit = (m.load_word("%context", i) for i in (INVERSE, ZEROS, LIMIT))
    bounds = load_words(m, "%row", 8, BOUND)
    suffix, mask = suffix_of(m.width), mask_type(m.width)
    largest, total = differences[0], so_far
    for x, bound in zip(differences, bounds, strict=True):
        if x is not differences[0]:
            largest = m.line(f"call {m.type} @llvm.umax.{suffix}({m.type} {m.broadcast(largest)}, {m.type} "
                             f"{m.broadcast(x)})")
        y = m.operation("mul", x, inverse).name
        y = m.line(f"call {m.type} @llvm.fshr.{suffix}({m.type} {y}, {m.type} {y}, {m.type} {m.broadcast(zeros)})").name
        hit = m.line(f"icmp ult {m.type} {y}, {m.broadcast(bound)}").name
        total = m.line(f"select {mask} {hit}, {m.type} {m.operation('add', total, 1).name}, {m.type} "
                       f"{m.broadcast(total)}")
    doubtful = m.line(f"icmp uge {m.type} {m.broadcast(largest)}, {m.broadcast(limit)}").name
    return total, doubtful


def bits_of(m: Emitter, mask: str) -> str:
    """A mask as an i64, one bit a lane."""
    if m.width == 1:
        return m.line(f"zext i1 {mask} to i64").name
    packed = m.line(f"bitcast {mask_type(m.width)} {mask} to i{m.width}").name
    return m.line(f"zext i{m.width} {packed} to i64").name
