"""The transcript: what was changed or cut is seen; a replay gives the same; graphs can be had."""

import json
import shutil

import pytest

from arena.errors import ArenaError
from arena.transcript import read
from tests.conftest import arena


@pytest.fixture(scope="module")
def run(quickstart):
    return quickstart[0]


@pytest.fixture
def copy(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


def change(run, edit):
    path = run / "transcript.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(edit(lines)))


@pytest.mark.parametrize(("edit", "line"), [
    (lambda ls: [*ls[:5], ls[5].replace("mallory", "malorie"), *ls[6:]], r"transcript.jsonl:6:1: the transcript was changed here"),
    (lambda ls: ls[:4] + ls[5:], r":5:1: the transcript was changed here"),
    (lambda ls: [*ls[:-1], ls[-1][:20]], r"truncated or damaged"),
    (lambda ls: [*ls[:3], ls[4], ls[3], *ls[5:]], r":4:1: the transcript was changed"),
    (lambda ls: [], r"has no head"),
    (lambda ls: ["null\n"], r"truncated or damaged"),
])
def test_tampering_is_seen_at_its_line(copy, edit, line):
    assert read(copy).status == "finished"
    change(copy, edit)
    with pytest.raises(ArenaError, match=line):
        read(copy)
    done = arena("replay", copy)
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_a_transcript_without_its_end_is_unfinished(copy):
    change(copy, lambda lines: lines[:-1])
    assert read(copy).status == "unfinished"
    done = arena("replay", copy)
    assert done.returncode == 2 and "unfinished" in done.stderr


def test_a_damaged_array_is_seen(copy):
    array = next((copy / "arrays").iterdir())
    array.write_bytes(b"x" + array.read_bytes()[1:])
    with pytest.raises(ArenaError, match="damaged: its content"):
        list(read(copy).messages())


def test_graphs(run):
    recorded = read(run)
    graph = recorded.message_graph()
    assert {"alice", "victor", "all"} <= set(graph) and graph.number_of_edges() == len(list(recorded.messages()))
    lineage = recorded.lineage()
    path = ["alice: released", "mallory: 0. stolen"]
    while nxt := list(lineage.successors(path[-1])):
        path += nxt
    assert [lineage.nodes[n]["kind"].split()[0] for n in path] == ["released", "stolen", "fine-tune", "prune", "jpeg", "deployed"]
    assert not list(lineage.predecessors(next(n for n in lineage if n.startswith("bob"))))


def test_two_runs_are_the_same_and_another_seed_is_not(quickstart, store, tmp_path):
    run, done = quickstart
    replayed = arena("replay", run, store=store)
    assert replayed.returncode == 0 and "the same" in replayed.stdout, replayed.stdout + replayed.stderr
    record = json.loads((run / "run.json").read_text())
    assert record["transcript"] in done.stdout and record["status"] == "finished"


def test_a_replay_that_differs_says_where(tiny, store, tmp_path):
    arena("run", tiny, "--out", tmp_path / "a", "--threads", 1, store=store)
    change_head = json.loads((tmp_path / "a" / "run.json").read_text())
    assert change_head["options"]["threads"] == 1
    from arena.transcript import Writer

    recorded = read(tmp_path / "a")
    writer = Writer(tmp_path / "a")
    for entry in recorded.entries:
        if entry["entry"] == "note" and entry["topic"] == "accuracy":
            entry = {**entry, "data": {"marked": 0.123}}
        writer.add(entry)
    writer.close()
    done = arena("replay", tmp_path / "a", store=store)
    assert done.returncode == 1 and "different from line" in done.stdout and "0.123" in done.stdout
