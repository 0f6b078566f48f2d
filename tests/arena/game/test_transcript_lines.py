"""Where in a transcript something is wrong, to the column, and what its files are like: mode, mtime, the chain from its
first line."""

import hashlib
import json
import os
import stat

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.game.messages import Deployment, Message, canonical
from arena.game.transcript import Writer, read
from tests.arena.game.test_transcript import END, HEAD, chained, match, message, note, write

GOOD = chained([HEAD])


@pytest.mark.parametrize(("line", "column"), [
    (b"\xff\n", 1), (b'{"a":"\xe9"}\n', 7), (b'{"a":"\xc3\xa9\xff"}\n', 9), (b"x\n", 1), (b'{"a":1,}\n', 8),
    (b'{"a": nope}\n', 7), (b"{}\n", 1), (b'{"hash":5}\n', 1), (b'{"hash":"x"}', 1),
    (b"[" * 100_000 + b"\n", 1), (b'{"hash":"x","n":NaN}\n', 1), (b'{"hash":"x","n":"\\ud800"}\n', None), (b'"x"\n', 1),
    (b'{"hash":"x","a":' + b"[" * 150 + b"]" * 150 + b"}\n", 1)])
@pytest.mark.parametrize("before", [b"", GOOD])
def test_a_damaged_line_is_named_with_its_column(tmp_path, before, line, column):
    (tmp_path / "transcript.jsonl").write_bytes(before + line)
    with pytest.raises(ArenaError) as caught:
        read(tmp_path)
    place = str(caught.value).removeprefix(f"{tmp_path}/transcript.jsonl:").split(": ")[0].split(":")
    assert (place[0] == str(1 + bool(before)) and (column is None or place[1] == str(column))
            and str(caught.value).endswith("the transcript is truncated or damaged here"))


@pytest.mark.parametrize("wrong", ["0" * 64, "f" * 64])
def test_a_wrong_hash_is_a_change_in_the_first_line_as_in_the_second(tmp_path, wrong):
    for lines, number in ((canonical({**HEAD, "hash": wrong}) + b"\n", 1),
                          (GOOD + canonical({**END, "hash": wrong}) + b"\n", 2)):
        (tmp_path / "transcript.jsonl").write_bytes(lines)
        with pytest.raises(ArenaError,
                           match=rf"transcript\.jsonl:{number}:1: the transcript was changed here: its hash doesn't "
                                 rf"follow"):
            read(tmp_path)
    older = canonical({**END, "hash": hashlib.sha256(b"0" * 64 + canonical(END)).hexdigest()}) + b"\n"
    (tmp_path / "transcript.jsonl").write_bytes(GOOD + older)
    with pytest.raises(ArenaError, match=r":2:1: the transcript was changed here"):
        read(tmp_path)


def test_the_chain_begins_with_zeros(tmp_path):
    writer = Writer(tmp_path)
    assert writer.last == "0" * 64
    writer.add(HEAD)
    assert writer.last == hashlib.sha256(b"0" * 64 + hashlib.sha256(canonical(HEAD)).hexdigest().encode()).hexdigest()
    assert (tmp_path / "transcript.jsonl").read_bytes() == canonical({**HEAD, "hash": writer.last}) + b"\n"


def test_the_file_is_as_any_new_file(tmp_path):
    before = os.umask(0o022)
    try:
        (tmp_path / "transcript.jsonl").write_bytes(b"older and longer" * 1000)
        os.unlink(tmp_path / "transcript.jsonl")
        Writer(tmp_path).add(HEAD)
        assert stat.S_IMODE((tmp_path / "transcript.jsonl").stat().st_mode) == 0o644
        (tmp_path / "transcript.jsonl").write_bytes(b"older and longer" * 1000)
        Writer(tmp_path).add(HEAD)
        assert (tmp_path / "transcript.jsonl").read_bytes() == GOOD
    finally:
        os.umask(before)


def test_what_is_right_already_is_not_written_again(tmp_path):
    """Somebody may be reading it."""
    writer = write(tmp_path, [(entry, arrays, False) for entry, arrays, _ in match()], close=False)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    before = {path: path.stat().st_ino for path in files}
    for entry, arrays, _ in match()[4:5]:
        writer.add(entry, arrays)
    writer.close()
    assert {path: path.stat().st_ino for path in files} == before and len(files) > 2


def test_only_what_has_an_arrays_name_gives_way(tmp_path):
    folder = tmp_path / "arrays"
    (folder / ("a" * 64)).mkdir(parents=True)
    for name in ("b" * 64, "b" * 63, "b" * 65, "B" * 64, "notes.txt"):
        (folder / name).write_bytes(b"x")
    Writer(tmp_path)
    assert {path.name for path in folder.iterdir()} == {"a" * 64, "b" * 63, "b" * 65, "B" * 64, "notes.txt"}


def test_a_run_below_folders_that_are_not_there_yet(tmp_path):
    write(tmp_path / "a" / "b" / "run", match())
    assert read(tmp_path / "a" / "b" / "run").status == "finished"


def test_a_closed_transcript_stays_as_it_is(tmp_path):
    writer = write(tmp_path, match())
    (tmp_path / "transcript.jsonl").write_bytes(b"x")
    writer.close()
    assert (tmp_path / "transcript.jsonl").read_bytes() == b"x"
    with pytest.raises(ArenaError, match=r"transcript\.jsonl: can't be written"):
        writer.add(END)


def test_an_array_that_is_not_contiguous_is_kept_as_it_reads(tmp_path):
    grid, arrays = np.asfortranarray(np.arange(6).reshape(2, 3)), {}
    entry = note("grid", grid, arrays=arrays)
    writer = Writer(tmp_path)
    writer.add(HEAD)
    writer.add(entry, {name: np.asfortranarray(array) for name, array in arrays.items()})
    writer.close()
    back = read(tmp_path)
    assert back.decode(back.of("note")[0]["data"]).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert not back.decode(back.of("note")[0]["data"]).flags.writeable


def test_messages_come_back_with_all_that_was_said_of_them(tmp_path):
    write(tmp_path, match())
    back = list(read(tmp_path).messages())
    assert [(m.number, m.turn, m.sender, m.to, m.kind) for m in back[:2]] == [(0, 0, "alice", "all", "Release"),
                                                                              (1, 1, "mallory", "all", "Deployment")]
    assert isinstance(back[0], Message) and read(tmp_path).head == json.loads(canonical(HEAD))
    edges = sorted((a, b, d["number"], d["turn"], d["kind"])
                   for a, b, d in read(tmp_path).message_graph().edges(data=True))
    assert edges == sorted((m.sender, m.to, m.number, m.turn, m.kind) for m in back)
    assert read(tmp_path / "transcript.jsonl").run == tmp_path


def test_two_messages_between_the_same_are_two_edges(tmp_path):
    write(tmp_path,
          [(HEAD, {}, False), *((message(n, "mallory", "all", Deployment("s"), {}), {}, False) for n in range(2))])
    assert read(tmp_path).message_graph().number_of_edges() == 2


@pytest.mark.parametrize(("last", "status", "seeded"), [(END, "finished", True),
                                                        ({"entry": "end", "status": "cancelled"}, "cancelled", False),
                                                        (note("x", 1), "unfinished", False)])
def test_status_and_seed_are_those_of_the_last_line(tmp_path, last, status, seeded):
    (tmp_path / "transcript.jsonl").write_bytes(chained([HEAD, last]))
    recorded = read(tmp_path)
    assert (recorded.status == status and ("seed" in recorded.scenario) is seeded
            and recorded.scenario["title"] == HEAD["scenario"]["title"])


def test_what_json_does_not_keep_is_not_written(tmp_path):
    writer = Writer(tmp_path)
    writer.add(HEAD)
    with pytest.raises(ValueError, match="the note holds what JSON doesn't keep"):
        writer.add({**note("x", 1), "data": {10: 1, 9: 2}})
    with pytest.raises(ValueError, match="is not the name of its array"):
        writer.add(note("x", 1), {"x" * 200: np.zeros(1)})
    assert (tmp_path / "transcript.jsonl").read_bytes() == GOOD
