"""Payoffs as a line of arithmetic over a tournament's columns: parsed, never run.

The text becomes a syntax tree (`ast`) of which a short list of nodes is allowed; each becomes a function of numpy
columns, once. There are no attributes, no subscripts, no calls but of the functions below; numbers are floats, so that
no power outgrows the machine. Truth is 1, its absence 0, and NaN (what was not measured) stays NaN, through comparisons
too, unless the rest decides: `0 and NaN` is 0.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arena.base.errors import ArenaError, suggest
from arena.tournament.games.columns import COLUMNS

Values = NDArray[np.float64]
Part = Callable[[Mapping[str, Values]], Values]
LONGEST, DEEPEST = 1000, 60

ARITHMETIC: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: np.divide, ast.Pow: np.power}
COMPARISONS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne}
FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "min": (2, 99, lambda *values: reduce(np.minimum, values)),
    "max": (2, 99, lambda *values: reduce(np.maximum, values)),
    "clip": (3, 3, lambda value, low, high: np.minimum(np.maximum(value, low), high)),
    "abs": (1, 1, np.abs), "sqrt": (1, 1, np.sqrt), "exp": (1, 1, np.exp),
    "log": (1, 1, np.log), "log2": (1, 1, np.log2), "log10": (1, 1, np.log10)}
"""Name -> least and most arguments, and what it does with columns."""


class ExpressionError(ArenaError):
    """What is wrong with an expression, and `offset`, the character (from 0) where it is."""

    def __init__(self, text: str, offset: int) -> None:
        super().__init__(f"column {offset + 1} of the expression: {text}")
        self.text, self.offset = text, offset


@dataclass(frozen=True)
class Expression:
    """A payoff's text, the columns that it speaks of, and how it is computed."""

    text: str
    columns: tuple[str, ...]
    compute: Part = field(repr=False, compare=False)

    def of(self, columns: Mapping[str, ArrayLike]) -> Values:
        """Its value in every row, (rows,); NaN where a column that it needs is, or where it is no finite number."""
        known = {name: np.asarray(columns[name], dtype=float) for name in self.columns}
        size = max((len(np.atleast_1d(values)) for values in columns.values()), default=1)
        with np.errstate(all="ignore"):
            values = np.broadcast_to(self.compute(known), (size,)).astype(float)
        return np.where(np.isfinite(values), values, np.nan)


def compiled(text: str, known: Iterable[str] = COLUMNS) -> Expression:
    """The expression that a text means, over columns of `known` names; ExpressionError with the place of what it may
    not say."""
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters", LONGEST)
    compiler = _Compiler(text, frozenset(known))
    part = compiler.part(_parsed(text))
    return Expression(text, tuple(sorted(compiler.found)), part)


def _parsed(text: str) -> ast.expr:
    """The tree of a text; line breaks are spaces."""
    line = "".join(" " if character.isspace() else character for character in text)
    if not line.strip():
        raise ExpressionError("empty", 0)
    ahead = len(line) - len(line.lstrip())
    try:
        return ast.parse(f"({line[ahead:]})", mode="eval").body
    except SyntaxError as error:
        at = min(max((error.offset or 1) - 2 + ahead, 0), len(text) - 1)
        raise ExpressionError(f"can't be read: {error.msg}", at) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError("can't be read", 0) from None


class _Compiler:
    """From nodes to functions of columns, and which columns they need."""

    def __init__(self, text: str, known: frozenset[str]) -> None:
        self.text, self.known, self.found, self.depth = text, known, set[str](), 0
        self.ahead = len(text) - len(text.lstrip())

    def wrong(self, node: ast.AST, text: str) -> ExpressionError:
        """An error at a node: trees count bytes of UTF-8, people characters; the bracket around it is ours."""
        place = max(getattr(node, "col_offset", 1) - 1, 0)
        before = self.text[self.ahead:].encode()[:place].decode(errors="ignore")
        return ExpressionError(text, self.ahead + len(before))

    def part(self, node: ast.AST) -> Part:
        """What a node computes."""
        make = getattr(self, f"_{type(node).__name__.lower()}", None)
        if make is None:
            raise self.wrong(node, f"{type(node).__name__} is not allowed: arithmetic, comparisons, and, or, not, "
                                   f"`a if b else c` and functions{suggest('', FUNCTIONS)}")
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(node, f"nested deeper than {DEEPEST} levels")
        made = make(node)
        self.depth -= 1
        return made

    def _constant(self, node: ast.Constant) -> Part:
        if not isinstance(node.value, bool | int | float):
            raise self.wrong(node, f"{node.value!r:.40} is no number")
        try:
            value = np.asarray(node.value, dtype=float)
        except OverflowError:
            raise self.wrong(node, "too large a number") from None
        return lambda columns: value

    def _name(self, node: ast.Name) -> Part:
        if node.id not in self.known:
            raise self.wrong(node, f"unknown column {node.id!r:.60}{suggest(node.id, self.known)}")
        self.found.add(node.id)
        return lambda columns: columns[node.id]

    def _binop(self, node: ast.BinOp) -> Part:
        left, right = self.part(node.left), self.part(node.right)
        do = ARITHMETIC.get(type(node.op))
        if do is None:
            raise self.wrong(node, f"{type(node.op).__name__} is not allowed: + - * / ** are")
        return lambda columns: do(left(columns), right(columns))

    def _unaryop(self, node: ast.UnaryOp) -> Part:
        value = self.part(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda columns: 1 - _truth(value(columns))
        if isinstance(node.op, ast.Invert):
            raise self.wrong(node, "Invert is not allowed: `not` is")
        sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
        return lambda columns: sign * value(columns)

    def _compare(self, node: ast.Compare) -> Part:
        """`low <= value < high` holds where each of its comparisons does."""
        values = [self.part(each) for each in (node.left, *node.comparators)]
        if wrong := [kind for kind in node.ops if type(kind) not in COMPARISONS]:
            raise self.wrong(node, f"{type(wrong[0]).__name__} is not allowed: < <= > >= == != are")
        do = [COMPARISONS[type(kind)] for kind in node.ops]

        def compute(columns: Mapping[str, Values]) -> Values:
            each = [value(columns) for value in values]
            return reduce(_both, (_known(compare(a, b), a, b)
                                  for compare, a, b in zip(do, each[:-1], each[1:], strict=True)))

        return compute

    def _boolop(self, node: ast.BoolOp) -> Part:
        values = [self.part(each) for each in node.values]
        join = _both if isinstance(node.op, ast.And) else _either
        return lambda columns: reduce(join, [_truth(value(columns)) for value in values])

    def _ifexp(self, node: ast.IfExp) -> Part:
        test, then, other = (self.part(each) for each in (node.test, node.body, node.orelse))

        def compute(columns: Mapping[str, Values]) -> Values:
            truth = _truth(test(columns))
            return np.where(np.isnan(truth), np.nan, np.where(truth == 1, then(columns), other(columns)))

        return compute

    def _call(self, node: ast.Call) -> Part:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            name = ast.unparse(node.func)
            raise self.wrong(node, f"unknown function {name!r:.60}{suggest(name, FUNCTIONS)}")
        least, most, do = FUNCTIONS[node.func.id]
        if node.keywords or not least <= len(node.args) <= most:
            wanted = f"{least}" if least == most else f"{least} or more"
            raise self.wrong(node, f"{node.func.id} takes {wanted} values, none by name")
        values = [self.part(each) for each in node.args]
        return lambda columns: do(*(value(columns) for value in values))


def _truth(values: Values) -> Values:
    return _known(values != 0, values)


def _known(truth: Any, *values: Values) -> Values:
    """Truth as 0 and 1; NaN where a value is."""
    return np.where(reduce(np.logical_or, map(np.isnan, values)), np.nan, truth)


def _both(a: Values, b: Values) -> Values:
    return np.where((a == 0) | (b == 0), 0.0, a * b)


def _either(a: Values, b: Values) -> Values:
    return np.where((a == 1) | (b == 1), 1.0, a + b)
