"""A partial evaluator that writes SHA-256 as LLVM IR, so that only what differs between tries is computed for each try.

Every value is a constant (a Python int), uniform (one scalar register for all lanes, computed once before the loop) or
varying (a vector register with one lane a try). A uniform value that a varying operation needs goes through a memory
slot: the processor broadcasts a memory operand for free, whereas 32 vector registers are too few to keep such values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from arena.forging.engine.code.sha import MASK, ROUND, rotate


@dataclass(frozen=True)
class Reg:
    """A register of the emitted code; `vector` tells varying from uniform."""

    name: str
    vector: bool


Value = int | Reg

_HELPERS = ("fshl", "fshr", "umax")
SLOTS = 256
AHEAD = 4


@dataclass
class Emitter:
    """Two instruction streams: `scalar` runs once, `vector` runs in the loop over the lanes."""

    width: int
    ternary: bool = False
    scalar: list[str] = field(default_factory=list)
    vector: list[str] = field(default_factory=list)
    _names: int = 0
    _slots: dict[Reg, int] = field(default_factory=dict)
    _differences: dict[tuple[Reg, Reg], Reg] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The type of a varying value."""
        return vector_type(self.width)

    def splat(self, value: int) -> str:
        """A constant operand of a varying operation."""
        return splat(self.width, value)

    def name(self) -> str:
        """A fresh register name."""
        self._names += 1
        return f"%v{self._names}"

    def line(self, text: str, vector: bool = True) -> Reg:
        """Append an instruction that yields one value."""
        reg = Reg(self.name(), vector)
        (self.vector if vector else self.scalar).append(f"{reg.name} = {text}")
        return reg

    def broadcast(self, value: Value) -> str:
        """The operand of a varying operation."""
        if isinstance(value, int):
            return self.splat(value)
        if value.vector:
            return value.name
        if value not in self._slots:
            slot = self._slots[value] = len(self._slots)
            if slot >= SLOTS:
                raise AssertionError("too many uniform values")
            pointer = self.line(f"getelementptr i32, ptr %slots, i64 {slot}", vector=False)
            self.scalar.append(f"store i32 {value.name}, ptr {pointer.name}")
        pointer = self.line(f"getelementptr i32, ptr %slots, i64 {self._slots[value]}")
        return self.load_splat(pointer.name).name

    def load_splat(self, pointer: str) -> Reg:
        """Load one word into every lane."""
        word = self.line(f"load i32, ptr {pointer}, align 4")
        if self.width == 1:
            return word
        head = self.line(f"insertelement {self.type} poison, i32 {word.name}, i32 0")
        return self.line(f"shufflevector {self.type} {head.name}, {self.type} poison, <{self.width} x i32> "
                         f"zeroinitializer")

    def load_word(self, base: str, index: int) -> Reg:
        """A uniform word from memory."""
        pointer = self.line(f"getelementptr i32, ptr {base}, i64 {index}", vector=False)
        return self.line(f"load i32, ptr {pointer.name}, align 4", vector=False)

    def operation(self, name: str, x: Value, y: Value) -> Reg:
        """add, sub, xor, and, mul of two values, at least one of them no constant."""
        if any(isinstance(v, Reg) and v.vector for v in (x, y)):
            left, right = self.broadcast(x), self.broadcast(y)
            return self.line(f"{name} {self.type} {left}, {right}")
        left, right = (str(v) if isinstance(v, int) else v.name for v in (x, y))
        return self.line(f"{name} i32 {left}, {right}", vector=False)

    def xor(self, x: Value, y: Value) -> Value:
        if isinstance(x, int) and isinstance(y, int):
            return x ^ y
        return y if x == 0 else x if y == 0 else self.operation("xor", x, y)

    def both(self, x: Value, y: Value) -> Value:
        """Bitwise and."""
        if isinstance(x, int) and isinstance(y, int):
            return x & y
        if x == 0 or y == 0:
            return 0
        return y if x == MASK else x if y == MASK else self.operation("and", x, y)

    def add(self, *terms: Value) -> Value:
        """A sum: constants first in Python, then uniform terms, then varying ones from left to right (put the late ones
        last)."""
        constant = sum(t for t in terms if isinstance(t, int)) & MASK
        total: Value = constant
        for term in terms:
            if isinstance(term, Reg) and not term.vector:
                total = term if total == 0 else self.operation("add", term, total)
        for term in terms:
            if isinstance(term, Reg) and term.vector:
                total = term if total == 0 else self.operation("add", term, total)
        return total

    def split(self, *terms: Value) -> tuple[Value, Value]:
        """The same sum as its uniform part and its varying part."""
        varying = [t for t in terms if isinstance(t, Reg) and t.vector]
        return self.add(*(t for t in terms if t not in varying)), self.add(*varying)

    def rotate(self, x: Value, n: int) -> Value:
        if isinstance(x, int):
            return rotate(x, n)
        kind, amount = (self.type, self.splat(32 - n)) if x.vector else ("i32", str(32 - n))
        suffix = suffix_of(self.width) if x.vector else "i32"
        return self.line(f"call {kind} @llvm.fshl.{suffix}({kind} {x.name}, {kind} {x.name}, {kind} {amount})",
                         x.vector)

    def shift(self, x: Value, n: int) -> Value:
        if isinstance(x, int):
            return x >> n
        kind, amount = (self.type, self.splat(n)) if x.vector else ("i32", str(n))
        return self.line(f"lshr {kind} {x.name}, {amount}", x.vector)

    def sigma(self, x: Value, first: int, second: int, third: int, shifted: bool = False) -> Value:
        """The xor of three rotations, the last one a shift in the message schedule."""
        last = self.shift(x, third) if shifted else self.rotate(x, third)
        return self.xor(self.xor(self.rotate(x, first), self.rotate(x, second)), last)

    def choose(self, e: Value, f: Value, g: Value) -> Value:
        return self.xor(self.both(self.xor(f, g), e), g)

    def majority(self, a: Value, b: Value, c: Value) -> Value:
        if self.ternary and all(isinstance(v, Reg) and v.vector for v in (a, b, c)):
            kind, operands = self.type, ", ".join(f"{self.type} {self.broadcast(v)}" for v in (a, b, c))
            return self.line(f"call {kind} @llvm.x86.avx512.pternlog.d.{32 * self.width}({operands}, i32 232)")
        return self.xor(self.both(self.difference(a, b), self.difference(b, c)), b)

    def difference(self, x: Value, y: Value) -> Value:
        """x ^ y, remembered: b ^ c of a round is a ^ b of the round before."""
        if not (isinstance(x, Reg) and isinstance(y, Reg)):
            return self.xor(x, y)
        if (x, y) not in self._differences:
            self._differences[x, y] = self.operation("xor", x, y)
        return self._differences[x, y]

    def rounds(self, state: Sequence[Value], block: Sequence[Value], last: int = 64) -> list[Value]:
        """The working variables after `last` rounds (without the final addition).

        The order of the instructions matters, since processors prefer old ones: first what the next round waits for,
        then the schedule, two words ahead of its use. That gains 2 to 3 %.
        """
        a, b, c, d, e, f, g, h = state
        w = list(block)
        for i in range(last):
            extend(self, w, i + 1)
            s1 = self.sigma(e, 6, 11, 25)
            terms = (w[i], ROUND[i], h, self.choose(e, f, g), s1)
            shared = isinstance(d, Reg) and d.vector and any(isinstance(t, Reg) and t.vector for t in terms)
            uniform, varying = (0, self.add(*terms)) if shared else self.split(*terms)
            fifth = self.add(uniform, d, varying)
            top = self.add(uniform, self.majority(a, b, c), self.sigma(a, 2, 13, 22), varying)
            a, b, c, d, e, f, g, h = top, a, b, c, fifth, e, f, g
            extend(self, w, min(i + AHEAD, last))
        return [a, b, c, d, e, f, g, h]

    def compression(self, state: Sequence[Value], block: Sequence[Value]) -> list[Value]:
        """A whole SHA-256 compression."""
        return [self.add(x, y) for x, y in zip(state, self.rounds(state, block), strict=True)]


def vector_type(width: int) -> str:
    return "i32" if width == 1 else f"<{width} x i32>"


def mask_type(width: int) -> str:
    return "i1" if width == 1 else f"<{width} x i1>"


def suffix_of(width: int) -> str:
    return "i32" if width == 1 else f"v{width}i32"


def splat(width: int, value: int) -> str:
    """An IR constant with `value` in every lane."""
    if width == 1:
        return str(value)
    return "<" + ", ".join([f"i32 {value}"] * width) + ">" if value else "zeroinitializer"


def extend(m: Emitter, w: list[Value], length: int) -> None:
    """Continue the message schedule up to `length` words."""
    for i in range(len(w), min(length, 64)):
        s0 = m.sigma(w[i - 15], 7, 18, 3, shifted=True)
        s1 = m.sigma(w[i - 2], 17, 19, 10, shifted=True)
        w.append(m.add(w[i - 16], w[i - 7], s0, s1))


def declarations(width: int) -> str:
    """Intrinsics that the emitted code calls."""
    kinds = {("i32", "i32"), (suffix_of(width), vector_type(width))}
    lines = [f"declare {t} @llvm.{n}.{s}({t}, {t}{', ' + t if n != 'umax' else ''})" for n in _HELPERS
             for s, t in sorted(kinds)]
    lines += [f"declare i64 @llvm.{n}.i64(i64{extra})" for n, extra in (("ctpop", ""), ("cttz", ", i1"))]
    return "\n".join(lines)
