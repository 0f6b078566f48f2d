"""What the arena itself takes: messages that cross from one agent's process through the arena into another's."""

import time
from pathlib import Path

import pytest

import arena
from arena.match.observer import Silent
from tests.conftest import TINY

HERE = Path(__file__).parent
TURNS, MESSAGES = 20, 100


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
        clock = Clock()
        result = arena.play(chatting(2), observer=clock, store=tmp_path / "store", threads=1)
        assert result.status == "finished" and len(clock.times) == 2 * TURNS * MESSAGES and not result.faults
        return len(clock.times) / (clock.times[-1] - clock.times[0])

    rates = []
    benchmark.pedantic(lambda: rates.append(play()), rounds=3)
    benchmark.extra_info.update(per_second=sorted(rates)[1], unit="messages", messages=2 * TURNS * MESSAGES)


def test_the_arenas_share_of_a_match_with_training(benchmark, tmp_path):
    """The messages of a whole match take less than a hundredth of what its agents take, at the rate measured above."""
    clock = Clock()
    arena.play(chatting(2), observer=clock, store=tmp_path / "store", threads=1)
    each = (clock.times[-1] - clock.times[0]) / (len(clock.times) - 1)
    (tmp_path / "who.yaml").write_text(TINY)
    result = benchmark.pedantic(
        lambda: arena.play(tmp_path / "who.yaml", out=tmp_path / "run", store=tmp_path / "store", threads=1), rounds=1
    )
    spent = sum(clock.wall for clock in result.clocks.values())
    said = sum(1 for line in (tmp_path / "run" / "transcript.jsonl").read_text().splitlines() if '"message"' in line)
    assert said * each < spent / 100
