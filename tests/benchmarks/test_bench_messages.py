"""What the arena itself takes: messages that cross from one agent's process through the arena into another's."""

import time
from pathlib import Path

import pytest

import arena
from arena.game.transcript import read
from arena.match.observer import Silent
from tests.conftest import ROOT

HERE = Path(__file__).parent
TURNS, MESSAGES = 20, 100
WANTED = 2_000
"""Messages that cross the arena in a second of processors, the arena's and the agents', at the least: whatever else
they do meanwhile."""


def chatting(agents, turns=TURNS, messages=MESSAGES):
    """A scenario in which so many agents talk to everybody."""
    talk = {"role": f"{HERE / 'chatter.py'}:Chatter", "turns": turns, "messages": messages}
    return {"title": "talk", "seed": 1, "rounds": turns + 2, "task": {"dataset": "digits", "network": "digits-cnn"},
            "limits": {"messages": max(1000, turns * messages)},
            "agents": {**{f"a{number}": dict(talk) for number in range(agents)}, "victor": {"role": "verifier"}}}


class Clock(Silent):
    """Hears when the messages came."""

    def __init__(self):
        self.times = []

    def entry(self, entry):
        if entry["entry"] == "message":
            self.times.append(time.perf_counter())


@pytest.mark.benchmark(group="the arena itself: messages to all, two agents and a verifier, isolated")
def test_messages(benchmark, tmp_path):
    def play():
        clock, start = Clock(), time.process_time()
        result = arena.play(chatting(2), observer=clock, store=tmp_path / "store", threads=1)
        took.append(time.process_time() - start + sum(each.processor for each in result.clocks.values()))
        assert result.status == "finished" and len(clock.times) == 2 * TURNS * MESSAGES and not result.faults
        return len(clock.times) / (clock.times[-1] - clock.times[0])

    rates, took = [], []
    benchmark.pedantic(lambda: rates.append(play()), rounds=3)
    assert 2 * TURNS * MESSAGES / min(took) >= WANTED
    benchmark.extra_info.update(per_second=sorted(rates)[1], unit="messages", messages=2 * TURNS * MESSAGES)


def test_the_arenas_share_of_the_quickstart(benchmark, tmp_path):
    """Its messages take less than a hundredth of what its agents take, at the rate measured above, also when all hosts
    come from the store."""
    clock = Clock()
    arena.play(chatting(2), observer=clock, store=tmp_path / "store", threads=1)
    each = (clock.times[-1] - clock.times[0]) / (len(clock.times) - 1)
    results = []
    benchmark.pedantic(lambda: results.append(arena.play(ROOT / "scenarios" / "quickstart.yaml", out=tmp_path / "run",
                                                         store=tmp_path / "store", threads=1)), rounds=2)
    said = len(read(tmp_path / "run").of("message"))
    shares = [said * each / sum(clock.wall for clock in result.clocks.values()) for result in results]
    benchmark.extra_info.update(messages=said, cold=shares[0], warm=shares[1])
    assert said > 20 and max(shares) < 1 / 100
