"""YAML as people write it: read as they mean it, or one line with the place; and soon, whatever the file holds."""

import math
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.base import yamlfile, yamlnodes
from arena.base.errors import ArenaError
from arena.base.yamlfile import parse, read, text_of

PAIR = '"\\ud83e\\udd25"'


def failure(text):
    with pytest.raises(ArenaError) as caught:
        parse(text, "f.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("text", "value"), [
    ("007", 7), ("00", 0), ("0", 0), ("-3", -3), ("+12", 12), ("1_000", 1000), ("0x1F", 31), ("0b101", 5),
    ("1e-5", 1e-5), (".5e3", 500.0), ("-.5", -0.5),
    ("5.", 5.0), ("1.5e+3", 1500.0), ("'010'", "010"), ("!!str 010", "010"), ("!!str 1", "1"), ("!!float 3", 3.0),
    ("1:75", "1:75"), ("0:30", "0:30"),
    ("'1:30'", "1:30"), ("2001-01-01", "2001-01-01"), ("=", "="), ("<<", "<<"), ("yes", True), ("off", False),
    ("~", None), ("", None), ("y", "y"),
    ("!!map {b: 1}", {"b": 1}), ("!!null ''", None), ("2^22", "2^22"), ("64 bits", "64 bits"), ("inf", "inf"),
])
def test_what_has_one_reading_is_read_so(text, value):
    got = parse(f"a: {text}").data["a"]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(("text", "line"), [
    ("010", "'010': 8 (base 8), or 10? write 10"), ("-012", "-10 (base 8), or -12?"), ("08", "text (base 8), or 8?"),
    ("0o10", "8 (base 8), or 10?"),
    ("!!int '010'", "8 (base 8), or 10?"), ("1:30", "'1:30': 90 (base 60), or text?"), ("-1:30", "-90 (base 60)"),
    ("190:20:30.5", "685230.5 (base 60)"),
    (".inf", "not a finite number"), ("-.INF", "not a finite number"), (".nan", "not a finite number"),
    ("1e400", "not a finite number"),
    ("1.0e+400", "not a finite number"), ("1" + "0" * 50, "larger than 2^128"), ("1" * 5000, "can't be read as int"),
    ("!!int ''", "'' can't be read as int"),
    ("!!int 3.5", "can't be read as int"), ("!!float x", "'x' can't be read as float"),
    ("!!bool maybe", "'maybe' can't be read as bool"),
    ("!!bool ''", "can't be read as bool"), ("!!null x", "can't be read as null"),
    ("!!binary aGk=", "binary is not allowed"), ("0b_", "can't be read as int"),
    ("!!timestamp 2001-01-01", "timestamp is not allowed"), ("!!set {x}", "set is not allowed"),
    ("!!int [1]", "int is not allowed"),
    ("!!seq x", "seq is not allowed"), ("!!str {x: 1}", "str is not allowed"),
    ("!mine x", "the tag !mine is not allowed"), ("*b", "the alias *b has no anchor"),
])
def test_what_has_two_readings_or_none_is_one_line(text, line):
    error = failure(f"\na: {text}")
    assert error.startswith("f.yaml:2:4: ") and line in error and len(error) < 250


@pytest.mark.parametrize(("key", "kind"), [("yes", "true or false"), ("null", "nothing"), ("~", "nothing"),
                                           ("2001-01-01", "a date"), ("7", "a number"),
                                           ("1.5", "a number"), ("1e5", "a number"), ("010", "a number"),
                                           ("!!int 1", "a number")])
def test_a_key_that_is_no_text_says_so(key, kind):
    assert (failure(f"a: 1\n{key}: 2").startswith("f.yaml:2:1: ")
            and f"reads this one as {kind}: put it in quotes" in failure(f"{key}: 2"))
    assert parse(f"'{key}': 2").data == {key: 2}


@pytest.mark.parametrize("text", ["? [a]\n: 1", "{a: 1}: 2"])
def test_a_key_that_is_no_word_says_so(text):
    assert "keys must be plain words" in failure(text)


def test_merge_keys():
    text = ("m: &m {role: thief, samples: 1}\nn: &n {role: spy, queries: 2}\none: {<<: *m, samples: 5}\ntwo:\n  <<: "
            "[*m, *n]\n  own: 1\nall: {<<: {<<: *n, own: 2}}")
    file = parse(text, "f.yaml")
    assert file.data["one"] == {"role": "thief", "samples": 5}
    # of a list the first counts most
    assert file.data["two"] == {"role": "thief", "samples": 1, "queries": 2, "own": 1}
    assert file.data["all"] == {"role": "spy", "queries": 2, "own": 2}
    assert (file.marks["one", "role"] == (1, 14) and file.marks["two", "queries"] == (2, 28)
            and file.marks["one", "samples"] == (3, 24))
    assert parse('"<<": 1').data == {"<<": 1}


@pytest.mark.parametrize(("text", "line"), [
    ("t: {<<: 3}", "f.yaml:1:9: t.<<: a mapping, or a list of mappings"),
    ("t: {<<: [{a: 1}, 3]}", "f.yaml:1:18: t.<<: a mapping"),
    ("t: {<<: {a: 1}, <<: {b: 1}}", "f.yaml:1:17: t.<<: this key is here twice"), ("t: &t {<<: *t}", "nested deeper"),
    ("a: &a {x: 1}\n" + "".join(f"{b}: &{b} {{<<: [{', '.join(['*' + a] * 9)}]}}\n"
                                for a, b in zip("abcdefgh", "bcdefghi", strict=True)), "more than 20,000 values"),
])
def test_merge_keys_that_make_no_sense(text, line):
    assert line in failure(text)


@pytest.mark.parametrize("loader", [yamlnodes.LOADER, yaml.SafeLoader])
def test_surrogate_pairs_are_characters(loader, monkeypatch):
    monkeypatch.setattr(yamlnodes, "LOADER", loader)
    assert parse(f"a: {PAIR}").data == {"a": "🤥"} and parse(f"{PAIR}: 1").data == {"🤥": 1}
    assert parse('a: "\\uD83E\\uDD25\\u00e9\\ue000"').data == {"a": "🤥é\ue000"}
    for same in ("a: '\\ud83e\\udd25'", "a: \\ud83e\\udd25", 'a: "\\\\ud83e"', "a: |-\n  \\ud83e # x"):
        assert parse(same).data == yaml.safe_load(same)
    assert failure(f"x: [{PAIR}, 010]").startswith("f.yaml:1:21: x.1")  # places count what is in the file
    for half in ("\\ud83e", "\\udd25", "\\udd25\\ud83e", "\\ud83e x"):
        assert failure(f'k: "{half}"').startswith("f.yaml:1:4: not YAML: half a surrogate pair")
        assert failure(f'"{half}": 1').startswith("f.yaml:1:1: ")
    assert "not YAML" in failure('a: "\\U0000d83e"') and "not YAML" in failure('a: "\\U00110000"')


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5),
                       st.text(st.characters(codec="utf-8"), max_size=8), max_size=4))
def test_json_is_yaml(data):
    import json

    texts = json.dumps(data)
    assert parse(texts).data == data


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab01:-_.,[]{}&*!<>?|'\"%#~e \n\t\\ud83é\x85\u2028\x00") | st.characters(), max_size=40))
def test_any_text_is_data_or_one_line(text):
    try:
        parse(text, "f.yaml")
    except ArenaError as error:
        assert str(error).startswith("f.yaml:") and str(error).isprintable()


@pytest.mark.parametrize("text", [
    "[" + "x, " * 330_000 + "x]", "- x\n" * 240_000, "a:\n" + "  - {prune: {rate: 0.2}}\n" * 9_000,
    "\n".join(f"k{i}: v" for i in range(80_000)),
    "[" * 990_000, "{a: " * 240_000, "- " * 490_000, "a: &a 1\nb: [" + "*a," * 300_000 + "*a]", "a: 1" + "1" * 990_000,
    "a: 0" + "1" * 990_000,
    "a: 1" + ":10" * 300_000, "a: 1e" + "1" * 990_000, "---\n" * 240_000, "!" * 990_000,
    "\n".join(" " * i + "a:" for i in range(1_300)), "a: *" + "b" * 900_000,
])
def test_too_much_is_said_within_a_second(text):
    start = time.process_time()
    error = failure(text)
    assert time.process_time() - start < 1 and len(error) < 300


def test_what_is_large_and_fine_is_read_within_a_second():
    texts = ["a: " + "x" * 990_000, 'a: "' + "\\ud83e\\udd25" * 80_000 + '"',
             "\n".join(f"k{i}: {{a: 1.5}}" for i in range(4_900))]
    start = time.process_time()
    sizes = [len(parse(text).data) for text in texts]
    assert time.process_time() - start < 3 and sizes == [1, 1, 4_900]


def test_errors_are_one_line_whatever_a_key_holds():
    assert failure('"a\\nb": 1\n"a\\nb": 2') == "f.yaml:2:1: a\\nb: this key is here twice"
    assert "k" * 61 not in failure(f"{'k' * 900}: 010")
    assert failure("a: \x00").startswith("f.yaml:1:4: not YAML: the character U+0000")
    assert failure("--- a\n--- b") == "f.yaml:2:1: not YAML: a second document; one is wanted"


def test_files(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read(path).data == {"a": 1}
    for raw, line in ((b"a" * 1_000_001, "larger than 1,000,000 bytes"), (b"\xff", "not UTF-8"), (b"", "empty")):
        path.write_bytes(raw)
        with pytest.raises(ArenaError, match=line):
            read(path)
    for missing in (tmp_path, tmp_path / "nothing", tmp_path / "a\0b"):
        with pytest.raises(ArenaError, match="can't be read"):
            read(missing)


def test_numbers_are_finite_whatever_the_way():
    assert all(math.isfinite(yamlfile.parse(f"a: {text}").data["a"])
               for text in ("1e308", "-1e308", "1.7976931348623157e+308"))


@pytest.mark.parametrize(("value", "line"), [
    ([], "[]"), (["fine-tune", {"prune": {"rate": 0.5}}], "[fine-tune, {prune: {rate: 0.5}}]"), (3, "3"), ("3", "'3'"),
    (True, "true"), (None, "null"), (1.0, "1.0"), ("a\nb", '"a\\nb"'), ({"b": 1, "a": 2}, "{b: 1, a: 2}"), ("é", "é"),
    ("x" * 300, "x" * 300), (["mine.py:Mine"], "['mine.py:Mine']")])
def test_a_value_in_one_line_reads_as_the_same(value, line):
    text = text_of(value)
    assert text == line and parse(text).data == value and type(parse(text).data) is type(value)


CHARACTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs", "Zl", "Zp", "Cc"))
SCALARS = (st.none() | st.booleans() | st.integers(-2**64, 2**64) | st.floats(allow_nan=False, allow_infinity=False)
           | st.text(CHARACTERS, max_size=9))
PLAIN = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3)
                     | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3), max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_whatever_is_plain_is_one_line_that_reads_as_the_same(value):
    line = text_of(value)
    assert len(line.splitlines()) <= 1 and parse(line).data == value
