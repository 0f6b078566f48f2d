"""Payoffs as expressions: arithmetic as Python's, nothing else, and the place of every mistake."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.tournament import parts
from arena.tournament.games.columns import COLUMNS
from arena.tournament.games.expression import ExpressionError, compiled

A, B = np.array([0.0, 1.0, 2.5, -3.0]), np.array([1.0, 1.0, -2.0, 0.5])
ALLOWED = {"a": A, "b": B}


@pytest.mark.parametrize("text", [
    "a + 2 * b - -a / 4", "a ** 2", "a == 0 and b < 1", "a > 1 or not b", "0 <= a < 2 <= 3", "min(a, b, 1)",
    "max(a, b)", "abs(a) if b > 0 else +b", "a != b",
    "a >= 1 or b >= 1 and a < 0", "True + a", "not a", "(\n a +\n b)", "  a - b "])
def test_it_is_what_python_says_row_by_row(text):
    """eval is the oracle here, on our own texts; the code under test never calls it."""
    found = compiled(text, ALLOWED).of(ALLOWED)
    expected = [eval(text.strip(), {}, {"a": a, "b": b}) for a, b in zip(A, B, strict=True)]
    if not text.count(" or ") and not text.startswith("not"):
        assert found == pytest.approx([float(value) for value in expected])
    assert np.array_equal(found != 0, [bool(value) for value in expected])


def test_functions():
    found = compiled("clip(a, 0, 1) + 10 * log2(4) + sqrt(4) + exp(0) + log(1) + log10(100)", ALLOWED).of(ALLOWED)
    assert found == pytest.approx(np.clip(A, 0, 1) + 25)


@pytest.mark.parametrize(("text", "expected"), [
    ("nan < 1", math.nan), ("nan == 0", math.nan), ("zero and nan", 0), ("nan and zero", 0), ("nan and 1", math.nan),
    ("1 or nan", 1), ("nan or 1", 1), ("nan or zero", math.nan), ("not nan", math.nan), ("1 if nan else 2", math.nan),
    ("1 if zero else 2", 2), ("nan if zero else 2", 2), ("min(nan, 1)", math.nan), ("clip(nan, 0, 1)", math.nan),
    ("1 / zero", math.nan), ("log(zero)", math.nan), ("(0 - 1) ** 0.5", math.nan), ("9 ** 9 ** 9", math.nan),
    ("nan != nan", math.nan), ("2 < 1 < nan", 0)])
def test_what_was_not_measured_stays_unknown_unless_the_rest_decides(text, expected):
    found = compiled(text, ["nan", "zero"]).of({"nan": [math.nan], "zero": [0]})
    assert found == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize(("text", "offset", "words"), [
    ("granted - 10 * (unmarkd - marked)", 16, "did you mean 'unmarked'?"),
    ("  granted +\n  grantid", 14, "did you mean 'granted'?"),
    ("granted.real", 0, "Attribute is not allowed"), ("1 + granted[0]", 4, "Subscript is not allowed"),
    ("__import__('os')", 0, "unknown function '__import__'"), ("1 + 'x'", 4, "'x' is no number"),
    ("granted if (lambda: 1) else 2", 12, "Lambda is not allowed"), ("[x for x in granted]", 0, "ListComp"),
    ("granted @ 2", 0, "MatMult"), ("granted // 2", 0, "FloorDiv"), ("~granted", 0, "Invert"),
    ("1 in granted", 0, "In is"),
    ("min(granted)", 0, "min takes 2 or more"), ("1 + clip(granted, 0)", 4, "clip takes 3 values"),
    ("abs(x=1)", 0, "abs takes 1"), ("granted +", 9, "can't be read"), ("", 0, "empty"), (" \n", 0, "empty"),
    ("(granted", 0, "can't be read"), ("granted)", 7, "can't be read"), ("1j", 0, "no number"),
    ("None", 0, "no number"), ("x := 1", 0, "NamedExpr"),
    ("granted, 1", 0, "Tuple"), ("granted; 1", 7, "can't be read"),
    ("'é' + 1 and grantd", 0, "no number"), ("1 if granted else (wörk + grantd)", 19, "unknown column 'wörk'"),
    ("abs(min)", 4, "unknown column 'min'"), ("granted(1)", 0, "unknown function 'granted'"),
    ("9" * 400 + "+ 1", 0, "too large"), ("1" + "+1" * 600, 1000, "longer than 1000")])
def test_a_mistake_says_what_and_where(text, offset, words):
    with pytest.raises(ExpressionError, match=words.replace("?", r"\?").replace("(", r"\(")) as error:
        compiled(text)
    assert error.value.offset == pytest.approx(offset, abs=1 if "read" in words else 0)
    assert f"column {error.value.offset + 1} of" in str(error.value)


@pytest.mark.parametrize("text", ["(" * 400 + "1" + ")" * 400, "-" * 900 + "1", "1" + "**1" * 300, "not " * 240 + "1",
                                  "\0", "1 if 1 else " * 80 + "1", "9" * 900])
def test_a_hostile_text_is_a_value_or_an_error(text):
    try:
        assert compiled(text).of({"granted": [1.0]}).shape == (1,)
    except ExpressionError as error:
        assert 0 <= error.offset <= len(text)


@given(st.text(max_size=40))
def test_any_text_at_all_is_a_value_or_an_error(text):
    try:
        compiled(text)
    except ExpressionError as error:
        assert 0 <= error.offset <= max(len(text), 1)


MATCH = {"granted": [1, 0, 0], "false_grant": [0, 0, 1], "unmarked": [0.9] * 3, "marked": [0.88] * 3,
         "stolen": [0.88] * 3, "deployed": [0.88, 0.86, 0.80], "host_ops": [1e9] * 3, "owner_ops": [2e9] * 3,
         "attacker_ops": [0, 1e8, 5e8], "usurper_ops": [1e9, 0, 2e8], "queries": [0, 100, 0], "train_size": [1000] * 3,
         "verifier_queries": [40, 40, 1000]}


@pytest.mark.parametrize(("name", "expected"), [
    ("owner", [0.7, -0.3, -0.3]), ("attacker", [0, 0.6 - 0.1 - 0.1, -0.5]), ("usurper", [-1, 0, 0.8]),
    ("verifier", [-0.004, -1.004, -11.1]), ("wrt", [0, 1, 0])])
def test_the_payoffs_by_hand(name, expected):
    assert parts.payoff(name).of(MATCH) == pytest.approx(expected)
    assert parts.built_in("payoffs")[name] and set(parts.payoff(name).columns) <= set(COLUMNS)


def test_an_attack_that_gains_accuracy_succeeds():
    """The toolbox's `abs` fails it."""
    assert parts.payoff("wrt").of({"granted": [0], "stolen": [0.8], "deployed": [0.9]}) == 1


def test_a_million_rows_take_no_loop():
    rows = {name: np.resize(np.asarray(values, dtype=float), 10**6) for name, values in MATCH.items()}
    assert parts.payoff("owner").of(rows)[:3] == pytest.approx([0.7, -0.3, -0.3])
