"""Raw speed, comparable with `hashcat -m 1400 -b`: many one-block candidates against one digest, of which only one word
varies.

As password crackers do, the last seven rounds are undone once from the digest (a state of SHA-256 is eight successive
values of one sequence, so the first of them is known without the message); a candidate is rejected by that word after
57 rounds.
"""

from __future__ import annotations

import ctypes
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from arena.base.llvm import Target, default_directory, host, load, obtain
from arena.forging.engine.code.emit import SLOTS, Emitter, Value, declarations
from arena.forging.engine.code.sha import MASK, START, padding, rotate, words
from arena.forging.engine.code.stages import bits_of, lane_numbers, load_words, splat_register
from arena.forging.engine.code.streams import INSTRUCTIONS, Streams
from arena.forging.engine.devices.kernel import ternary
from arena.forging.engine.devices.kinds import Kind, fastest, kinds, lanes

KEPT = 57
PROBE = 1 << 14
ROOM = 256


@dataclass(frozen=True)
class Rate:
    """Candidates a second; `found` are the counters that gave the digest."""

    per_second: float
    candidates: int
    seconds: float
    found: list[int]


def early_word(digest: bytes) -> int:
    """The value that round 57 adds to the sequence, from the digest alone."""
    a, b, c, d, *lower = ((x - y) & MASK for x, y in zip(words(digest), START, strict=True))
    upper = [a, b, c, d]
    for e in lower:
        a, b, c, d = upper[-4:]
        t = a - (rotate(b, 2) ^ rotate(b, 13) ^ rotate(b, 22)) - (b & c ^ b & d ^ c & d)
        upper.append(e - t & MASK)
    return upper[-1]


def rate_program(width: int, word: int, ternary: bool, sha: bool = False) -> str:
    """@rate notes the candidates whose word `word` is first + lane (flipped into the block) and whose early word is the
    wanted one.

    That word is the first of the state after 57 rounds and the second after 58 (the processor makes two at once).
    """
    m = (Streams if sha else Emitter)(width, ternary)
    block: list[Value] = load_words(m, "%block", 16)
    position = splat_register(m, m.line("trunc i64 %position to i32").name)
    block[word] = m.xor(m.line(f"add {m.type} {position}, {lane_numbers(m)}"), block[word])
    early = m.rounds(START, block, KEPT + 1)[1]
    wanted = m.load_word("%wanted", 0)
    bits = bits_of(m, m.line(f"icmp eq {m.type} {m.broadcast(early)}, {m.broadcast(wanted)}").name)
    parts = [declarations(width), *([INSTRUCTIONS] if sha else [])]
    if ternary:
        kind = m.type
        parts.append(f"declare {kind} @llvm.x86.avx512.pternlog.d.{32 * width}({kind}, {kind}, {kind}, i32)")
    lines = [
        "define void @rate(ptr %block, ptr %wanted, i64 %first, i64 %end, ptr %found) {",
        "entry:",
        f"%slots = alloca i32, i64 {SLOTS}, align 64",
        *m.scalar,
        "br label %loop",
        "loop:",
        "%position = phi i64 [ %first, %entry ], [ %next, %on ]",
        *m.vector,
        f"%some = icmp ne i64 {bits}, 0",
        "br i1 %some, label %note, label %on",
        "note:",
        "%before = load i64, ptr %found, align 8",
        "%after = add i64 %before, 1",
        f"%place = and i64 %after, {ROOM - 1}",
        "%slot = getelementptr i64, ptr %found, i64 %place",
        "store i64 %position, ptr %slot, align 8",
        "store i64 %after, ptr %found, align 8",
        "br label %on",
        "on:",
        f"%next = add i64 %position, {width}",
        "%more = icmp slt i64 %next, %end",
        "br i1 %more, label %loop, label %done",
        "done:",
        "ret void",
        "}",
    ]
    return "\n\n".join([*parts, "\n".join(lines)])


class Cracker:
    """Candidates of at most 55 bytes that differ in one word, against one digest."""

    def __init__(self, message: bytes, word: int = 0, cache: Path | None = None, target: Target | None = None,
                 kind: Kind = "vectors"):
        goal, reason = (target, "") if target else host()
        if goal is None:
            raise RuntimeError(reason)
        if len(message) > 55 or 4 * word + 4 > len(message):
            raise ValueError("a candidate has at most 55 bytes, and the word that varies lies within")
        self.message, self.word, self.width = message, word, lanes(kind, goal)
        text = rate_program(self.width, word, ternary(self.width, goal), kind == "sha")
        code, _ = obtain(text, goal, cache or default_directory())
        self.engine, (address,) = load(code, goal, "rate")
        kinds = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
        self.call = ctypes.CFUNCTYPE(None, *kinds)(address)
        self.block = np.array(words(message + padding(len(message))), dtype=np.uint32)

    def candidate(self, counter: int) -> bytes:
        """The message whose word is flipped by the counter's bits."""
        raw = bytearray(self.message)
        place = slice(4 * self.word, 4 * self.word + 4)
        raw[place] = (int.from_bytes(raw[place], "big") ^ counter).to_bytes(4, "big")
        return bytes(raw)

    def run(self, digest: bytes, first: int, count: int) -> list[int]:
        """Counters in first .. first + count - 1 (whole vectors, below 2^32) whose candidate has the digest."""
        found = np.zeros(ROOM, dtype=np.int64)
        wanted = np.array([early_word(digest)], dtype=np.uint32)
        self.call(self.block.ctypes.data, wanted.ctypes.data, first, first + count, found.ctypes.data)
        vectors = found[1 : 1 + min(int(found[0]), ROOM - 1)]
        counters = [int(v) + i for v in vectors for i in range(self.width)]
        return [i for i in counters if i < first + count and hashlib.sha256(self.candidate(i)).digest() == digest]


def compress_rate(count: int = 1 << 26, word: int = 0, threads: int = 1, cache: Path | None = None,
                  message: bytes = bytes(55), kind: Kind | None = None) -> Rate:
    """Candidates a second over `count` candidates, shared among threads; the digest is that of the last one. Without a
    kind, the one that is faster here."""
    target, reason = host()
    if target is None:
        raise RuntimeError(reason)
    crackers = [Cracker(message, word, cache, target, kind) for kind in ([kind] if kind else kinds(target))]
    digest = hashlib.sha256(crackers[0].candidate(count - 1)).digest()
    cracker = fastest({each: partial(each.run, digest, 0, PROBE) for each in crackers})
    share = count // threads
    started = time.perf_counter()
    if threads == 1:
        found = cracker.run(digest, 0, count)
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = pool.map(partial(cracker.run, digest, count=share), range(0, share * threads, share))
            found = [i for part in parts for i in part]
    seconds = time.perf_counter() - started
    return Rate(count / seconds, count, seconds, found)
