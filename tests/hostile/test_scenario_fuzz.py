"""Mutants of the scenarios: each is read or is one line, within a second. 100 in CI; ARENA_FUZZ=2000 for a long run."""

import os
import random
import time

import pytest

from arena.base.errors import ArenaError
from arena.scenario.scenario import load
from tests.conftest import ROOT

MANY = int(os.environ.get("ARENA_FUZZ", "100"))
SCENARIOS = sorted(path for path in (ROOT / "scenarios").rglob("*.yaml") if path.parent.name != "tournaments")
PIECES = ["", ":", "{", "}", "[", "]", "'", '"', "\n", "  ", "- ", "#", "&a", "*a", "<<", "!!int ''",
          "!!python/object:x", "\u2028", "\ud83e\udd25", "\x00", "null", "~", "true",
          "-1", "0", "010", "1:30", ".inf", ".nan", "1e400", "1e-400", "9" * 400, "2^64", "64 bits", "30 %", "x" * 300,
          "all", "arena", "{role: attacker}", "[prune, prune]",
          "{prune: {rate: 2}}", "rose", "uchida", "attacks:", "agents:", "seed:", "role: verifier", "limits: {turn: 0}",
          "customers: -1", "knows: [x]", "? [a]", "|", ">", "%YAML 9", "---", "..."]


def mutant(draw: random.Random) -> str:
    text = draw.choice(SCENARIOS).read_text()
    for _ in range(draw.randint(1, 3)):
        words = text.split(" ")
        place = draw.randrange(len(words))
        action = draw.randrange(5)
        if action == 0:
            words[place] = draw.choice(PIECES)
        elif action == 1:
            words.insert(place, draw.choice(PIECES))
        elif action == 2:
            del words[place]
        elif action == 3:
            other = draw.randrange(len(words))
            words[place], words[other] = words[other], words[place]
        else:
            at = draw.randrange(len(text))
            words = [text[:at] + draw.choice(PIECES) + text[at + draw.randint(0, 9):]]
        text = " ".join(words)
    return text


@pytest.mark.parametrize("part", range(4))
def test_mutants(tmp_path, part):
    load(ROOT / "scenarios" / "quickstart.yaml")  # imports
    draw = random.Random(part)
    path = tmp_path / "m.yaml"
    slow, read = [], 0
    for number in range(MANY // 4):
        text = mutant(draw)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        start, used = time.perf_counter(), time.process_time()
        try:
            load(path)
            read += 1
        except ArenaError as error:
            assert "\n" not in str(error), str(error)
        took, used = time.perf_counter() - start, time.process_time() - used
        if used > 1 or took > 20:  # of the processor: other work beside it makes nothing slow
            slow.append((number, round(used, 2), round(took, 2), text[:80]))
    assert not slow and read < MANY // 4
