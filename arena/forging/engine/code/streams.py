"""SHA-256 by the processor's own instructions (SHA-NI): four tries a step, as two pairs of interleaved streams.

`sha256rnds2` makes two rounds with a latency of four cycles, but a new one can start every second cycle: two
compressions that don't depend on each other hide each other's waiting. Everything around the rounds is written for
lanes, so the rounds take lanes and give lanes: words are turned from rows (one word of four tries) into quads (four
words of one try) and back, 8 shuffles a compression, and the order that the instructions want (F E B A, H G D C) costs
nothing on the way.
Quads that are the same for all tries are computed once, as other uniform values are.

Intel, "Intel SHA Extensions" (2013), section "SHA-256".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arena.forging.engine.code.emit import Emitter, Reg, Value
from arena.forging.engine.code.sha import ROUND

WIDTH = 4
QUAD = "<4 x i32>"
INSTRUCTIONS = "\n".join([
    "declare void @llvm.x86.avx.vzeroupper()",
    *(f"declare {QUAD} @llvm.x86.sha256{name}({', '.join([QUAD] * count)})"
      for name, count in (("rnds2", 3), ("msg1", 2), ("msg2", 2))),
])
CLEAN = "call void @llvm.x86.avx.vzeroupper()"
"""These instructions wait a hundred times as long while the upper halves of the vector registers hold anything."""
ZIPPED, JOINED = ("0, 4, 1, 5", "2, 6, 3, 7"), ("0, 1, 4, 5", "2, 3, 6, 7")
FIRST_HALF, SECOND_HALF = (5, 4, 1, 0), (7, 6, 3, 2)


@dataclass
class Streams(Emitter):
    """An emitter of width 4 whose rounds are instructions of the processor."""

    def rounds(self, state: Sequence[Value], block: Sequence[Value], last: int = 64) -> list[Value]:
        """The working variables after `last` rounds, an even number."""
        self.vector.append(CLEAN)
        quads = [self.quads([block[i + j] for j in range(4)]) for i in range(0, 16, 4)]
        halves = [self.quads([state[i] for i in half]) for half in (FIRST_HALF, SECOND_HALF)]
        done = []
        for pair in ((0, 1), (2, 3)):
            done += self.pair([([q[s] for q in quads], halves[0][s], halves[1][s]) for s in pair], last)
        rows: list[Value] = [0] * 8
        for half, places in zip(zip(*done, strict=True), (FIRST_HALF, SECOND_HALF), strict=True):
            for place, row in zip(places, self.turned(list(half)), strict=True):
                rows[place] = row
        return rows

    def pair(self, streams: list[tuple[list[Reg], Reg, Reg]], last: int) -> list[tuple[Reg, Reg]]:
        """Both streams, four rounds in turn."""
        for i in range(0, last, 4):
            streams = [self.four(words, upper, lower, i, last) for words, upper, lower in streams]
        return [(upper, lower) for _, upper, lower in streams]

    def four(self, words: list[Reg], upper: Reg, lower: Reg, first: int, last: int) -> tuple[list[Reg], Reg, Reg]:
        """Rounds `first` to first + 3, or two of them at the end: the next four quads of words, A B E F, C D G H.

        The schedule goes on as soon as it can, sixteen rounds ahead: its own chain takes longer than that of the
        rounds.
        """
        w0, w1, w2, w3 = words
        keyed = self.quad("add", w0, literal(ROUND[first : first + 4]))
        lower = self.sha("rnds2", lower, upper, keyed)
        if first + 2 == last:
            return words, lower, upper
        if first + 16 < last:
            mixed = self.quad("add", self.sha("msg1", w0, w1), self.shuffle(w2, w3, "1, 2, 3, 4"))
            w0 = self.sha("msg2", mixed, w3)
        return [w1, w2, w3, w0], self.sha("rnds2", upper, lower, self.shuffle(keyed, keyed, "2, 3, 0, 0")), lower

    def sha(self, name: str, *operands: Reg) -> Reg:
        values = ", ".join(f"{QUAD} {x.name}" for x in operands)
        return self.line(f"call {QUAD} @llvm.x86.sha256{name}({values})", any(x.vector for x in operands))

    def quad(self, name: str, x: Reg, y: Reg) -> Reg:
        return self.line(f"{name} {QUAD} {x.name}, {y.name}", x.vector or y.vector)

    def shuffle(self, x: Reg, y: Reg, order: str) -> Reg:
        indices = ", ".join(f"i32 {i}" for i in order.split(", "))
        return self.line(f"shufflevector {QUAD} {x.name}, {QUAD} {y.name}, <4 x i32> <{indices}>", x.vector or y.vector)

    def quads(self, rows: list[Value]) -> list[Reg]:
        """Four words of each of four tries; the same quad four times where they don't vary."""
        if any(isinstance(row, Reg) and row.vector for row in rows):
            return self.turned([Reg(self.broadcast(row), vector=True) for row in rows])
        quad = literal([row if isinstance(row, int) else 0 for row in rows])
        for i, row in enumerate(rows):
            if isinstance(row, Reg):
                quad = self.line(f"insertelement {QUAD} {quad.name}, i32 {row.name}, i32 {i}", vector=False)
        return [quad] * WIDTH

    def turned(self, rows: list[Reg]) -> list[Reg]:
        """Four quads transposed."""
        a, b, c, d = rows
        pairs = [(self.shuffle(a, b, order), self.shuffle(c, d, order)) for order in ZIPPED]
        return [self.shuffle(x, y, order) for x, y in pairs for order in JOINED]


def literal(words: Sequence[int]) -> Reg:
    """A constant quad."""
    return Reg("<" + ", ".join(f"i32 {word}" for word in words) + ">", vector=False)
