"""What one agent knows, no other can reach: a spy searches all it can touch, and hears only what is meant for it."""

import json

import numpy as np

from arena.base.draws import Draws, master_of, world_of
from tests.conftest import TINY, command

SPY = '''
import gc, sys
from dataclasses import dataclass
from arena.agent import Agent


@dataclass
class Spy(Agent):
    """looks for the owner's secret wherever Python lets him; he knows it when he sees it: he has its bits, flipped"""

    flipped: str

    def take_turn(self, turn):
        mirrored = bytes.fromhex(self.flipped)
        for thing in gc.get_objects():
            values = ([thing] if isinstance(thing, (bytes, bytearray)) else list(thing.values()) if type(thing) is dict
                      else list(thing) if type(thing) in (list, tuple) else [])
            for v in values:
                if isinstance(v, (bytes, bytearray)) and len(v) == 32 and bytes(b ^ 255 for b in v) == mirrored:
                    turn.note("found", "in a live object")
        frame = sys._getframe()
        while frame is not None:
            if "_players" in dir(frame.f_locals.get("self")):
                turn.note("found", "the game itself")
            frame = frame.f_back
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            writable = [line.split() for line in maps if line.split()[1].startswith("rw")]
            spans = [words[0] for words in writable if words[-1] == "[heap]" or len(words) == 5]
            looked = copies = 0
            flip = bytes(255 - i for i in range(256))
            for low, high in ((int(x, 16) for x in span.split("-")) for span in spans):
                memory.seek(low)
                raw = memory.read(min(high - low, 1 << 28)).translate(flip)
                looked, copies = looked + len(raw), copies + raw.count(mirrored)
            turn.note("memory", [looked, copies])
        turn.note("heard", [[m.sender, m.to, m.kind] for m in turn.inbox])
        return []
'''


def test_a_spy_finds_nothing(tmp_path, store):
    (tmp_path / "spy.py").write_text(SPY)
    scenario, secret = tmp_path / "spied.yaml", Draws.of(5, "alice").bytes("secret")
    flipped = bytes(b ^ 255 for b in secret).hex()
    scenario.write_text(TINY.replace("  victor:", f"  spy: {{role: 'spy.py:Spy', flipped: '{flipped}'}}\n  victor:"))
    done = command("run", scenario, "--out", tmp_path / "run", store=store)
    assert done.returncode == 0, done.stderr
    entries = [json.loads(line) for line in (tmp_path / "run" / "transcript.jsonl").read_text().splitlines()]
    notes = [(e["topic"], e["data"]) for e in entries if e["entry"] == "note" and e["agent"] == "spy"]
    assert not [note for note in notes if note[0] == "found"]
    memory = [data for topic, data in notes if topic == "memory"]
    assert memory and all(looked > 1_000_000 and copies == 0 for looked, copies in memory), memory
    heard = [tuple(m) for topic, data in notes if topic == "heard" for m in data]
    assert ({to for _, to, _ in heard} == {"all"} and {kind for *_, kind in heard} >= {"Commitment", "Release",
                                                                                       "Deployment", "Verdict"})
    claim = next(e for e in entries if e["entry"] == "message" and e["body"]["kind"] == "Claim")
    # there was something to find
    assert claim["to"] == "victor" and claim["body"]["key"]["secret"]["$hex"] == secret.hex()


def test_nobody_speaks_in_anothers_name_or_to_nobody(tmp_path, store):
    (tmp_path / "liar.py").write_text('''
from dataclasses import dataclass
from arena.agent import Agent
from arena.messages import Claim, Envelope


@dataclass
class Liar(Agent):
    """claims in the owner's name"""

    to: str = "victor"
    said: bool = False

    def take_turn(self, turn):
        if not self.said and any(m.kind == "Deployment" for m in turn.inbox):
            self.said = True
            yield Envelope(self.to, Claim("alice", "mallory", "mallory's service", "rose", {}))
''')
    scenario = tmp_path / "lies.yaml"
    scenario.write_text(TINY.replace("  victor:", "  liar: {role: 'liar.py:Liar'}\n  victor:")
                        + "expect: {alice on mallory: granted}\n")
    done = command("run", scenario, "--out", tmp_path / "run", "-v", store=store)
    lines = list(map(str.split, done.stdout.splitlines()))
    assert ["rejected:", "liar", "claims", "in", "the", "name", "of", "alice"] in lines
    assert any(line[:3] == ["✗", "liar", "mallory"] for line in lines)
    done = command("run", scenario, "--out", tmp_path / "run", "--set", "agents.liar.to=nobody", store=store)
    assert "! liar was refused: liar sends a message to 'nobody', who does not play" in done.stdout


def test_one_agent_more_changes_no_others_draws():
    a, b = Draws.of(1, "alice"), Draws.of(1, "bob")
    assert (
        a.bytes("x")
        == Draws.of(1, "alice").bytes("x")
        != b.bytes("x")
        != a.bytes("y")
        != Draws.of(2, "alice").bytes("x")
    )
    assert not np.array_equal(a.numpy("x").integers(99, size=9), b.numpy("x").integers(99, size=9))


def test_secrets_hang_on_the_master_one_way():
    """What an agent gets (his secret, the world's seed) is no other's secret and no seed that gives one."""
    seeds = range(200)
    secrets = {Draws.of(seed, agent).secret for seed in seeds for agent in ("alice", "mallory")}
    worlds = {world_of(master_of(seed)) for seed in seeds}
    assert len(secrets) == 400 and len(worlds) == 200 and not worlds & set(seeds)
    world = world_of(master_of(7))
    assert Draws.public(world).secret not in secrets and Draws.of(world, "alice").secret not in secrets
    assert "secret" not in repr(Draws.of(7, "alice"))


THIEF = '''
import gc, os, sys
from dataclasses import dataclass
from pathlib import Path
from arena.agent import Agent
from arena.base.draws import Draws


@dataclass
class Thief(Agent):
    """looks for alice's secret in arithmetic, the store, the run's folder and other processes"""

    flipped: str
    run: str

    def take_turn(self, turn):
        wanted = bytes(b ^ 255 for b in bytes.fromhex(self.flipped))
        shop, found, looked = turn.workshop, [], 0
        for seed in range(5000):
            if Draws.of(seed, turn.me).secret == shop.draws.secret:
                found.append(f"seed {seed}")
        places = [Path(shop.options.store), Path(self.run), Path(self.run).parent]
        for path in (p for place in places for p in place.rglob("*")):
            try:
                raw = path.read_bytes()
                looked += 1
            except OSError:
                continue
            if wanted in raw or wanted.hex().encode() in raw:
                found.append(str(path))
        for number in (p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()):
            for what in ("mem", "environ", "cmdline"):
                try:
                    with open(f"/proc/{number}/{what}", "rb") as f:
                        raw = f.read(1 << 20)
                except OSError:
                    continue
                if wanted in raw or wanted.hex().encode() in raw:
                    found.append(f"process {number} {what}")
        turn.note("looked", looked)
        turn.note("found", [f for f in found])
        return []
'''


def test_a_thief_who_looks_everywhere(tmp_path, store):
    """With a seed that can't be guessed. (Of a small one he finds the number, and with it everything: README says
    so.)"""
    (tmp_path / "thief.py").write_text(THIEF)
    seed = 2**100 + 12345
    flipped = bytes(b ^ 255 for b in Draws.of(seed, "alice").bytes("secret")).hex()
    scenario, run = tmp_path / "s.yaml", tmp_path / "run"
    scenario.write_text(TINY.replace("seed: 5", f"seed: {seed}").replace("  victor:",
                                                                         f"  thief: {{role: 'thief.py:Thief', flipped: "
                                                                         f"'{flipped}', run: '{run}'}}\n  victor:"))
    done = command("run", scenario, "--out", run, store=store)
    entries = [json.loads(line) for line in (run / "transcript.jsonl").read_text().splitlines()]
    notes = [(e["topic"], e["data"]) for e in entries if e["entry"] == "note" and e["agent"] == "thief"]
    assert [data for topic, data in notes if topic == "looked"] and not [data for topic, data in notes
                                                                         if topic == "found" and data], done.stdout
    assert sum(data for topic, data in notes if topic == "looked") > 10
    claim = next(e for e in entries if e["entry"] == "message" and e["body"]["kind"] == "Claim")
    # it was there to find
    assert bytes.fromhex(claim["body"]["key"]["secret"]["$hex"]) == bytes(b ^ 255 for b in bytes.fromhex(flipped))
    assert entries[-1]["seed"] == seed and "seed" not in entries[0]["scenario"]
