"""No strategy can falsify a match, break it, or outlive it: every kind plays beside an honest cast, whose verdict
stands."""

import json
import os
import re
import time
from itertools import pairwise
from pathlib import Path

import pytest

from arena.game.transcript import read
from tests.conftest import MARK, command
from tests.hostile import kinds

LIMITS = "{turn: 15, quiet: 3, cpu: 60, memory: 1 GiB, messages: 60, message: 4 MiB, volume: 16 MiB}"
SHORT = LIMITS.replace("turn: 15, quiet: 3", "turn: 6, quiet: 1.5")
"""For those who must be waited for, one after another."""
CAST = """\
title: hostile
seed: 7
task: {{dataset: digits, epochs: 12, rate: 2e-3, schedule: one-cycle}}
limits: {limits}
agents:
  alice: {{role: owner, reference: false, scheme: {{rose: {{triggers: 32, oversample: 5}}}}}}
  mallory: {{role: attacker, steals: alice}}
{others}
  victor: {{role: verifier}}
"""
HEAD = """
import json, os, signal, sys, time
from dataclasses import dataclass, field
from pathlib import Path
import numpy as np
import torch
from torch import nn
from agents.roles.attacker import Attacker
from arena.agent import Agent
from arena.evidence import Judgement
from arena.messages import *
from arena.messages import Departure
from arena.strategies import Attack, Forgery, Policy


@dataclass(frozen=True)
class Own(Body):
    x: int


@dataclass(frozen=True)
class Faked(Body):
    x: int


Faked.__name__ = "Claim"


@dataclass(frozen=True)
class SubVerdict(Verdict):
    pass


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Tuple(nn.Module):
    def forward(self, x):
        return x, x


def deep(n):
    out = []
    for _ in range(n):
        out = [out]
    return out


def cycle():
    out = {}
    out["x"] = out
    return out


def stored(turn, spec):
    from safetensors.torch import save
    return turn.workshop.store.put(save({"a": torch.zeros(1)}, metadata={"arena": spec}))


def claim_level_3(memory):
    images = np.random.RandomState(1).randint(0, 255, (10, 1, 8, 8)).astype(np.uint8)
    key = {"level": 3, "secret": b"x" * 32, "images": images, "labels": np.zeros(10, np.int64), "memory": memory}
    return Envelope("victor", Claim(ME[0], "mallory", "mallory's service", "rose", key))


ME = [""]
DOOR = []


def door():
    return DOOR[0]


def raw(data):
    os.write(door()._fd, data)


def framed(text, arrays=b""):
    body = len(text).to_bytes(4, "big") + text + arrays
    raw(len(body).to_bytes(8, "big") + body)


def note(topic, data):
    return {"event": "note", "topic": topic, "data": data}


def said():
    return {"event": "message", "to": "all", "body": dict(kind="Opening", scheme="x", key={}),
            "seconds": {"cpu": 0, "wall": 0},
            "spent": dict(forwards=0, gradients=0, compressions=0, queries=0, operations=0)}
"""
AGENT = '''

@dataclass
class E{n}(Agent):
    done: bool = False

    def take_turn(self, turn):
        if self.done or not turn.inbox:
            return
        self.done = True
        ME[:], DOOR[:] = [turn.me], [turn.note.__self__.door]
        {code}
        yield from ()
'''
FIVE = '''

@dataclass
class E{n}(Agent):
    def take_turn(self, turn):
        return 5
'''
ATTACK = '''

@dataclass(frozen=True)
class E{n}(Attack):
    def modify_{what}(self, {given}, loot):
        return {code}
'''
FORGERY = '''

@dataclass(frozen=True)
class E{n}(Forgery):
    def forge(self, specimen):
        return {code}
'''
POLICY = '''

@dataclass(frozen=True)
class E{n}(Policy):
    def judge(self, case):
        return {code}
'''
THIEF = '''

@dataclass
class E{n}(Attacker):
    def take_turn(self, turn):
        for said in super().take_turn(turn):
            out = {code} if isinstance(said, Envelope) and isinstance(said.body, Response) else said
            yield from out if isinstance(out, tuple) else (out,)
'''


def processes_with(mark):
    """Process numbers whose environment holds `mark`."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (
                mark.encode() in (place / "environ").read_bytes()
                and "Z" not in (place / "stat").read_text().rpartition(")")[2][:3]
            ):
                found.append(int(place.name))
        except OSError:
            continue
    return found


def left_over(running):
    """Processes of this worker's beside those that ran before; what has been killed may take a moment to be gone."""
    deadline = time.monotonic() + 5
    while (left := set(processes_with(MARK)) - running) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def files_of(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if "run" not in p.relative_to(folder).parts[:1]
            and "__pycache__" not in p.parts}


def played(tmp_path, store, code, lines, limits=LIMITS):
    """(finished process, transcript) of a match with such strategies; nothing of it is left but the run."""
    (tmp_path / "evil.py").write_text(HEAD + code)
    scenario = tmp_path / "s.yaml"
    scenario.write_text(CAST.format(limits=limits, others="\n".join(lines)))
    (tmp_path / "here").mkdir(exist_ok=True)
    before, home, running = files_of(tmp_path), set(Path.home().iterdir()), set(processes_with(MARK))
    done = command("run", scenario, "--out", tmp_path / "run", "--threads", "1", "-v", store=store,
                   cwd=tmp_path / "here")
    assert not left_over(running), "a process was left"
    assert files_of(tmp_path) == before and set(Path.home().iterdir()) == home, "a file was left"
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    run = read(tmp_path / "run")
    assert run.status == "finished" and (tmp_path / "run" / "report.html").stat().st_size > 10_000
    return done, run


def verdicts(run, claimant, deployer, verifier="victor"):
    every = {m.number: m for m in run.messages()}
    return [m.body for m in every.values()
            if m.kind == "Verdict" and (m.sender, every[m.body.about].sender,
                                        m.body.deployer) == (verifier, claimant, deployer)]


def honest_cast_stands(run):
    assert [v.granted for v in verdicts(run, "alice", "mallory")] == [True]
    assert not [m for m in run.messages() if m.kind == "Verdict" and m.sender == "victor" and m.body.granted
                and m.body.claimant != "alice"]
    assert not {e["agent"] for e in run.of("left")} & {"alice", "mallory", "victor"}


def batches(table, size):
    names = list(table)
    return [names[start : start + size] for start in range(0, len(names), size)]


def left(run, agent):
    return [e["reason"] for e in run.of("left") if e["agent"] == agent]


def refused(run, agent):
    return [e["text"] for e in run.of("fault") if e["agent"] == agent]


def check_fates(run, names, fates):
    """Each agent left with the reason that his kind has, or plays on."""
    wrong = {}
    for n, name in enumerate(names):
        reasons, wanted = left(run, f"e{n}"), fates[name]
        if (wanted is None) != (not reasons) or (wanted is not None and not re.search(wanted, reasons[0])):
            wrong[name] = reasons
    assert not wrong


@pytest.mark.parametrize("names", batches(kinds.SAYS, 30), ids=lambda names: names[0])
def test_what_may_not_be_said_is_refused(tmp_path, store, names):
    code = "".join(AGENT.format(n=n, code=f"yield {kinds.SAYS[name][0]}") for n, name in enumerate(names))
    _, run = played(tmp_path, store, code, [f"  e{n}: {{role: 'evil.py:E{n}'}}" for n in range(len(names))])
    honest_cast_stands(run)
    wrong = {name: refused(run, f"e{n}") for n, name in enumerate(names)
             if len(refused(run, f"e{n}")) != 1 or not re.search(kinds.SAYS[name][1], refused(run, f"e{n}")[0])}
    assert not wrong and not run.of("left")
    assert not [m for m in run.messages() if m.sender.startswith("e")]


def test_odd_but_allowed_sayings_harm_nobody(tmp_path, store):
    names = list(kinds.HARMLESS_SAYINGS)
    code = "".join(AGENT.format(n=n, code=f"yield {kinds.HARMLESS_SAYINGS[name]}") for n, name in enumerate(names))
    done, run = played(tmp_path, store, code, [f"  e{n}: {{role: 'evil.py:E{n}'}}" for n in range(len(names))])
    honest_cast_stands(run)
    assert not run.of("left") and not run.of("fault") and "\x1b" not in done.stdout
    assert "<script>" not in (tmp_path / "run" / "report.html").read_text()


WAITED_FOR = {name: kind for name, kind in kinds.DOES.items()
              if re.search("no sign of life|took longer", kind[1] or "")}
OTHERS = {name: kind for name, kind in kinds.DOES.items() if name not in WAITED_FOR}


@pytest.mark.parametrize(("names", "limits"), [(list(WAITED_FOR), SHORT),
                                               *((names, LIMITS) for names in batches(OTHERS, 13))],
                         ids=lambda given: given[0] if isinstance(given, list) else "")
def test_what_agents_do_harms_only_themselves(tmp_path, store, names, limits):
    code = "".join((FIVE if kinds.DOES[name][0] == "return_five" else AGENT).format(n=n, code=kinds.DOES[name][0])
                   for n, name in enumerate(names))
    done, run = played(tmp_path, store, code, [f"  e{n}: {{role: 'evil.py:E{n}'}}" for n in range(len(names))], limits)
    honest_cast_stands(run)
    check_fates(run, names, {name: fate for name, (_, fate) in kinds.DOES.items()})
    assert ("\x1b" not in done.stdout + done.stderr and not any(line.startswith("✓ eve")
                                                                for line in done.stdout.splitlines()))
    assert all(n >= 0 for e in run.entries for n in e.get("spent", {}).values())


@pytest.mark.parametrize(("table", "what", "given"), [(kinds.QUERIES, "query", "images"),
                                                      (kinds.MODELS, "model", "model")], ids=["queries", "models"])
def test_what_an_attack_gives_back_is_checked(tmp_path, store, table, what, given):
    names = list(table)
    code = "".join(ATTACK.format(n=n, what=what, given=given, code=table[name][0]) for n, name in enumerate(names))
    _, run = played(tmp_path, store, code, [f"  e{n}: {{role: attacker, steals: alice, attacks: ['evil.py:E{n}']}}"
                                            for n in range(len(names))])
    honest_cast_stands_but_for_thieves(run)
    check_fates(run, names, {name: fate for name, (_, fate) in table.items()})


def honest_cast_stands_but_for_thieves(run):
    assert [v.granted for v in verdicts(run, "alice", "mallory")] == [True]
    assert not {e["agent"] for e in run.of("left")} & {"alice", "mallory", "victor"}


def test_what_a_forgery_gives_back_is_checked(tmp_path, store):
    names = list(kinds.FORGERIES)
    code = "".join(FORGERY.format(n=n, code=kinds.FORGERIES[name][0]) for n, name in enumerate(names))
    _, run = played(tmp_path, store, code, [f"  e{n}: {{role: usurper, forgery: 'evil.py:E{n}'}}"
                                            for n in range(len(names))])
    honest_cast_stands(run)
    check_fates(run, names, {name: fate for name, (_, fate) in kinds.FORGERIES.items()})


def test_what_a_policy_gives_back_is_checked(tmp_path, store):
    names = list(kinds.POLICIES)
    code = "".join(POLICY.format(n=n, code=kinds.POLICIES[name]) for n, name in enumerate(names))
    done, run = played(tmp_path, store, code, [f"  e{n}: {{role: verifier, policy: 'evil.py:E{n}'}}"
                                               for n in range(len(names))])
    honest_cast_stands(run)
    granted = {name for n, name in enumerate(names) if any(v.granted
                                                           for v in verdicts(run, "alice", "mallory", f"e{n}"))}
    assert granted == {"forces", "no-word"}
    assert left(run, f"e{names.index('exits')}")
    others = [name for name in names if name not in {*granted, "exits", "denies"}]
    for name in others:
        found = verdicts(run, "alice", "mallory", f"e{names.index(name)}")
        assert found and found[-1].reasons[0].startswith("rejected: it can't be examined"), (name, found)
    lines = done.stdout.splitlines()
    assert any(line.startswith("✓ alice") and "so be it" in reason for line, reason in pairwise(lines))


def test_thieves_who_answer_oddly(tmp_path, store):
    names = list(kinds.THIEVES)
    code = "".join(THIEF.format(n=n, code=kinds.THIEVES[name]) for n, name in enumerate(names))
    _, run = played(tmp_path, store, code, [f"  e{n}: {{role: 'evil.py:E{n}', steals: alice}}"
                                            for n in range(len(names))])
    honest_cast_stands_but_for_thieves(run)
    assert not run.of("left")
    for n, name in enumerate(names):
        (verdict,) = verdicts(run, "alice", f"e{n}")
        assert verdict.granted == (name in {"to-all", "to-alice", "twice"}), (name, verdict)
        assert verdict.granted or "did not answer" in verdict.reasons[0]


def test_there_are_enough_of_them():
    tables = (kinds.SAYS, kinds.HARMLESS_SAYINGS, kinds.DOES, kinds.QUERIES, kinds.MODELS, kinds.FORGERIES,
              kinds.POLICIES, kinds.THIEVES)
    assert sum(map(len, tables)) >= 150


def test_the_mark_is_seen():
    """The search for processes that were left finds one that is there."""
    assert os.getpid() not in processes_with("ARENA_TEST_MARK=none") and json
