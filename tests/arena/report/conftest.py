"""A run made by hand: its record as the test says, its transcript written and read as those of a match are."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from arena.game.messages import encode
from arena.game.transcript import Writer, read
from arena.match.result import VERSION, Result
from arena.report.panels.run import Run
from arena.workshop.options import Options

CAST = {"alice": "owner", "mallory": "attacker", "victor": "verifier"}


def spoken(number, sender, to, body, writer):
    arrays = {}
    writer.add({"entry": "message", "number": number, "turn": number, "sender": sender, "to": to,
                "body": encode(body, arrays)}, arrays)


def transcript(folder, said, notes, cast):
    writer = Writer(folder)
    agents = {name: {"role": role} for name, role in cast.items()}
    writer.add({"entry": "head", "scenario": {"agents": agents}, "cast": list(cast), "device": "cpu", "threads": 1})
    for number, (sender, to, body) in enumerate(said):
        spoken(number, sender, to, body, writer)
    for agent, topic, data in notes:
        writer.add({"entry": "note", "turn": 0, "agent": agent, "topic": topic, "data": encode(data, {})})
    writer.add({"entry": "end", "status": "finished", "seed": 7})
    writer.close()
    return read(folder)


@pytest.fixture
def run_of(tmp_path):
    """Makes a Run of messages (sender, to, body), notes (agent, topic, data) and a record's fields."""
    def make(said=(), notes=(), cast=CAST, **record):
        read_again = transcript(tmp_path / "run", said, notes, cast)
        options = {**asdict(Options(str(tmp_path / "store"))), "parts": []}
        fields = {"status": "finished", "scenario": {"title": "by hand", "seed": 7}, "path": str(tmp_path / "who.yaml"),
                  "files": {}, "roles": dict(cast), "options": options, "machine": {"system": "Plan 9"},
                  "transcript": read_again.hash}
        return Run(Result(VERSION, **{**fields, **record}), read_again)

    return make
