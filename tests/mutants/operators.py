"""The changes: cosmic-ray's operators, without those that can't change anything or that any call would notice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ARITHMETIC = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}
BITS = {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"}
UNASKED = {"NoOp", "VariableReplacer", "VariableInserter"}


@dataclass(frozen=True)
class Mutant:
    """A changed module: `before` and `after` are its first changed line (`line`, from 1), stripped."""

    operator: str
    line: int
    before: str
    after: str
    source: str


def wanted_operators() -> Iterator[str]:
    """All but arithmetic for bits and bits for arithmetic: those end in a TypeError at once and would only flatter the
    score."""
    for name in operator_names():
        plain = name.split("/")[-1]
        kind, *operands = plain.split("_")
        if plain not in UNASKED and not (kind == "ReplaceBinaryOperator"
                                         and (operands[0] in BITS) != (operands[1] in BITS)):
            yield name


def mutants(source: str) -> list[Mutant]:
    """Each change once, in the order of lines."""
    found: dict[str, Mutant] = {}
    tree, plain = get_ast(source), _meaning(source)
    for name in wanted_operators():
        operator = get_operator(name)()
        for occurrence in range(_places(tree, operator)):
            changed = mutate_code(source, operator, occurrence)
            if changed and _meaning(changed) not in (plain, "") and changed not in found:
                found[changed] = _mutant(name.split("/")[-1], source, changed)
    return sorted(found.values(), key=lambda m: (m.line, m.operator, m.after))


def _places(node: object, operator: object) -> int:
    """How often an operator applies below a node."""
    own = sum(1 for _ in operator.mutation_positions(node))
    return own + sum(_places(child, operator) for child in getattr(node, "children", ()))


def _mutant(operator: str, source: str, changed: str) -> Mutant:
    old, new = ([(n, line.strip()) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
                for text in (source, changed))
    line, before, after = next((n, before, after) for (n, before), (_, after) in zip(old, new, strict=False)
                               if before != after)
    return Mutant(operator, line, before, after, changed)


class _Bare(ast.NodeTransformer):
    """Without annotations, which are never evaluated (PEP 563), and without what only type checkers see."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        return ast.Pass() if "TYPE_CHECKING" in ast.dump(node.test) else self.generic_visit(node)


def _meaning(source: str) -> str:
    """What of a source is executed; empty when it doesn't parse."""
    try:
        return ast.dump(_Bare().visit(ast.parse(source)))
    except SyntaxError:
        return ""
