"""The transcript: nothing private before the end; what was changed or cut is seen; a replay gives the same; graphs can
be had."""

import copy as copies
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.base.errors import ArenaError
from arena.game.messages import Claim, Deployment, Query, Release, Response, Verdict, canonical, encode
from arena.game.transcript import START, Writer, read
from tests.conftest import command

NOTHING = {"forwards": 0, "gradients": 0, "compressions": 0, "queries": 0, "operations": 0}
CAST = ["mallory", "alice", "victor"]
HEAD = {"entry": "head", "format": 2, "scenario": {"title": "t\u2028\x85\r\x0b\x1c",
                                                   "agents": {n: {"role": "owner"} for n in CAST}}, "cast": CAST,
        "device": "cpu", "threads": 1}
END = {"entry": "end", "status": "finished", "seed": 2**128 - 1}
STAGE = {"stage": "stolen", "model": "f" * 64, "from": "a" * 64, "by": "copying", "before": 0.9, "after": 0.9}


def message(number, sender, to, body, arrays):
    return {"entry": "message", "number": number, "turn": number, "sender": sender, "to": to,
            "body": encode(body, arrays), "spent": NOTHING}


def note(topic, data, agent="mallory", arrays=None):
    return {"entry": "note", "turn": 3, "agent": agent, "topic": topic,
            "data": encode(data, {} if arrays is None else arrays)}


def match():
    """(entry, arrays, private) of a small match."""
    images, labels = np.arange(64, dtype=np.uint8).reshape(1, 1, 8, 8), np.array([3])
    said = [("alice", "all", Release("a" * 64)), ("mallory", "all", Deployment("service")),
            ("alice", "victor", Claim("alice", "mallory", "service", "rose", {
                "images": images, "labels": labels, "secret": b"alice's secret"})),
            ("victor", "mallory", Query("service", images, 2)), ("mallory", "victor", Response("service", labels, 3)),
            ("victor", "all", Verdict(2, "alice", "mallory", True, ("granted",), {"rarity": True}, {"rarity": 99.5}))]
    entries = [(HEAD, {}, False)]
    for number, (sender, to, body) in enumerate(said):
        arrays = {}
        entries.append((message(number, sender, to, body, arrays), arrays, to != "all"))
        if number == 0:
            entries.append((note("stage", STAGE), {}, True))
    arrays = {}
    entries += [({"entry": "turn", "turn": 9, "agent": "alice", "spent": {**NOTHING, "forwards": 5}}, {}, False),
                ({"entry": "fault", "turn": 9, "agent": "mallory", "text": "a Verdict comes from a verifier"}, {},
                 False),
                ({"entry": "left", "turn": 9, "agent": "mallory", "reason": "it raised"}, {}, False),
                ({"entry": "curtain", "agent": "mallory", "about": 2, "by": "victor",
                  "evidence": encode({"0. stolen": labels}, arrays)}, arrays, True), (END, {}, False)]
    return entries


def write(run, entries, close=True):
    writer = Writer(run)
    for entry, arrays, private in entries:
        writer.add(entry, arrays, private=private)
    if close:
        writer.close()
    return writer


def everything(run):
    """All that can be asked of a transcript."""
    recorded = read(run)
    _ = recorded.head, recorded.scenario, recorded.status, recorded.hash, [m.kind for m in recorded.messages()]
    for entry in recorded.of("note"):
        recorded.decode(entry["data"])
    for entry in recorded.of("curtain"):
        recorded.decode(entry["evidence"])
    recorded.message_graph()
    recorded.lineage()
    return recorded


def contents(run):
    return b"".join(path.read_bytes() for path in run.rglob("*") if path.is_file())


# what stands on the disk, and when


def test_what_was_written_is_read(tmp_path):
    writer = write(tmp_path, match())
    recorded = everything(tmp_path)
    assert (recorded.entries == [json.loads(canonical(entry)) for entry, _, _ in match()]
            and recorded.hash == writer.last)
    assert (recorded.scenario["seed"] == 2**128 - 1 and list(recorded.scenario["agents"]) == CAST
            and recorded.status == "finished")
    claim = next(m.body for m in recorded.messages() if isinstance(m.body, Claim))
    assert claim.key["secret"] == b"alice's secret" and np.array_equal(claim.key["images"].ravel(), np.arange(64))
    assert list(recorded.lineage().edges(data="by")) == [("alice: released", "mallory: 0. stolen", "copying"),
                                                         ("mallory: 0. stolen", "mallory: deployed", "deploying")]


def test_the_chain_is_what_is_said_of_it(tmp_path):
    last = START
    writer = write(tmp_path, match())
    for entry, _, _ in match():
        last = hashlib.sha256((last + hashlib.sha256(canonical(entry)).hexdigest()).encode()).hexdigest()
    assert writer.last == last == json.loads((tmp_path / "transcript.jsonl").read_bytes().split(b"\n")[-2])["hash"]


def test_nothing_private_stands_in_the_folder_before_the_end(tmp_path):
    private, images = [e for e, _, hidden in match() if hidden], np.arange(64, dtype=np.uint8).tobytes()
    writer = Writer(tmp_path)
    for entry, arrays, hidden in match()[:-1]:
        writer.add(entry, arrays, private=hidden)
        now = contents(tmp_path)
        assert b"alice's secret".hex().encode() not in now and images not in now and b"stolen" not in now
        assert (writer.last.encode() not in now or not any(json.loads(line)["entry"] == "sealed"
                                                           for line in now.splitlines() if line.startswith(b"{")))
    assert read(tmp_path).status == "unfinished" and "seed" not in read(tmp_path).scenario
    assert len(read(tmp_path).of("sealed")) == len(private)
    writer.add(END)
    writer.close()
    assert b"alice's secret".hex().encode() in contents(tmp_path) and images in contents(tmp_path)


def test_a_sealed_line_tells_nothing_of_its_entry(tmp_path):
    for name, topic in (("a", "yes"), ("b", "no" * 500)):
        write(tmp_path / name, [(HEAD, {}, False), (note(topic, 1), {}, True), (note("public", 2), {}, False)],
              close=False)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_private_or_not_the_end_is_the_same(tmp_path):
    public = write(tmp_path / "public", [(entry, arrays, False) for entry, arrays, _ in match()])
    hidden = write(tmp_path / "hidden", match())
    assert public.last == hidden.last
    assert {p.relative_to(tmp_path / "public"): p.read_bytes()
            for p in (tmp_path / "public").rglob("*") if p.is_file()} == {
        p.relative_to(tmp_path / "hidden"): p.read_bytes() for p in (tmp_path / "hidden").rglob("*") if p.is_file()}


def test_a_run_that_was_killed_is_readable(tmp_path):
    text = ("import os, signal\nfrom pathlib import Path\nfrom tests.arena.game.test_transcript import match, write\n"
            f"write(Path({str(tmp_path)!r}), match()[:-1], close=False)\nos.kill(os.getpid(), signal.SIGKILL)")
    done = subprocess.run([sys.executable, "-c", text], timeout=120)
    assert done.returncode == -signal.SIGKILL
    recorded = everything(tmp_path)
    assert (recorded.status == "unfinished" and [m.number for m in recorded.messages()] == [0, 1, 5]
            and not list(tmp_path.glob("*/.part*")))


def test_an_earlier_run_gives_way(tmp_path):
    write(tmp_path, match())
    assert list((tmp_path / "arrays").iterdir())
    write(tmp_path, match()[:2], close=False)
    assert (not list((tmp_path / "arrays").iterdir())
            and np.arange(64, dtype=np.uint8).tobytes() not in contents(tmp_path))


def test_what_somebody_did_to_the_folder_meanwhile_is_set_right(tmp_path):
    writer = write(tmp_path / "a", [(entry, arrays, False) for entry, arrays, _ in match()], close=False)
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            path.write_bytes(b"x")
    writer.close()
    write(tmp_path / "b", match())
    assert contents(tmp_path / "a") == contents(tmp_path / "b") and everything(tmp_path / "a").hash == writer.last


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"x" * 64), lambda path: path.write_bytes(b""),
                                    lambda path: path.unlink(),
                                    lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
                                    lambda path: (path.unlink(), os.mkfifo(path))])
def test_damaged_arrays_are_seen_and_heal_when_it_is_played_again(tmp_path, damage):
    write(tmp_path, match())
    whole = contents(tmp_path)
    for path in (tmp_path / "arrays").iterdir():
        damage(path)
    with pytest.raises(ArenaError, match=r"missing|damaged"):
        list(read(tmp_path).messages())
    write(tmp_path, match())
    assert contents(tmp_path) == whole and everything(tmp_path)


def test_a_folder_in_an_arrays_place_is_one_line(tmp_path):
    name = next(iter(match()[4][1]))
    (tmp_path / "arrays" / name).mkdir(parents=True)
    with pytest.raises(ArenaError, match=rf"arrays/{name}: can't be written"):
        write(tmp_path, match())


@pytest.mark.parametrize("name", ["../../outside", "/tmp/outside", "", "x", "0" * 63, "0" * 64, "0" * 64 + "\n",
                                  "A" * 64, 5, None])
def test_an_array_has_the_name_of_its_content_and_no_other(tmp_path, name):
    writer = Writer(tmp_path / "run")
    writer.add(HEAD)
    before = contents(tmp_path)
    for private in (False, True):
        with pytest.raises(ValueError, match="not the name of its array"):
            writer.add(note("x", 1), {name: np.zeros(3)}, private=private)
    assert contents(tmp_path) == before and [p.name for p in tmp_path.iterdir()] == ["run"]


DEEP = json.loads("[" * 150 + "]" * 150)


@pytest.mark.parametrize("entry", [
    {"entry": "note", "turn": 1, "agent": "a", "topic": "t"}, {**note("t", 1), "agent": 5},
    {**note("t", 1), "topic": None}, {**note("t", 1), "data": DEEP},
    {**note("t", 1), "data": float("nan")}, {**note("t", 1), "data": "\ud800"}, {**note("t", 1), "data": {10: 1, 9: 2}},
    {**note("t", 1), "hash": "x"},
    {"entry": "curtain", "agent": "a", "about": 1, "by": "b", "evidence": [1]}, {"entry": 5}, {}, {"entry": "end"},
    {**END, "seed": -1}, {**END, "seed": 1.5}])
def test_what_could_not_be_read_again_is_not_written(tmp_path, entry):
    writer = write(tmp_path, match()[:3], close=False)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"."):
        writer.add(entry)
    assert contents(tmp_path) == before
    writer.add(END)
    writer.close()
    assert read(tmp_path).status == "finished"


# no room, no right


needs_dev_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


@needs_dev_full
def test_a_full_disk_is_one_line(tmp_path):
    (tmp_path / "transcript.jsonl").symlink_to("/dev/full")
    writer = Writer(tmp_path)
    for _ in range(2):
        with pytest.raises(ArenaError, match=r"transcript\.jsonl: can't be written: No space left on device$"):
            writer.add(HEAD)
    writer.close()
    writer.close()


def test_a_disk_that_fills_up_leaves_whole_lines(tmp_path, monkeypatch):
    writer, real, room = write(tmp_path, match()[:2], close=False), os.write, [100]

    def small(handle, data):
        if not room[0]:
            raise OSError(28, "No space left on device")
        count = real(handle, bytes(data)[: room[0]])
        room[0] -= count
        return count

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", small)
        with pytest.raises(ArenaError, match="No space left"):
            writer.add(note("long", "x" * 1000))
        assert room == [0] and len(read(tmp_path).entries) == 2
    writer.add(END)
    writer.close()
    assert [e["entry"] for e in everything(tmp_path).entries] == ["head", "message", "end"]


@pytest.mark.parametrize("broken", ["arena.game.transcript.write_atomically", "os.replace"])
def test_no_room_at_the_end_is_one_line_and_the_run_is_readable(tmp_path, monkeypatch, broken):
    def full(path, *_):
        raise (
            ArenaError(f"{path}: can't be written: No space left on device")
            if broken.startswith("arena")
            else OSError(28, "No space left on device")
        )

    writer = write(tmp_path, match(), close=False)
    monkeypatch.setattr(broken, full)
    with pytest.raises(ArenaError, match=r"can't be written: No space left on device$"):
        writer.close()
    assert everything(tmp_path).status == "finished" and len(read(tmp_path).of("sealed")) == 5


@pytest.mark.parametrize("put", [lambda run: run.write_text("x"),
                                 lambda run: (run / "transcript.jsonl").mkdir(parents=True),
                                 lambda run: (run.mkdir(), (run / "arrays").write_text("x")),
                                 lambda run: (run.mkdir(), os.mkfifo(run / "transcript.jsonl"))])
def test_a_place_that_cant_be_written_is_one_line(tmp_path, put):
    put(tmp_path / "run")
    with pytest.raises(ArenaError, match="run: can't be written"):
        Writer(tmp_path / "run")


@pytest.mark.parametrize("put", [lambda path: None, lambda path: path.mkdir(), lambda path: os.mkfifo(path),
                                 lambda path: path.symlink_to("/dev/zero"),
                                 lambda path: path.symlink_to(path)])
def test_what_is_no_file_is_no_transcript(tmp_path, put):
    put(tmp_path / "transcript.jsonl")
    for place in (tmp_path, tmp_path / "transcript.jsonl", tmp_path / "null\0byte"):
        with pytest.raises(ArenaError,
                           match=r"transcript\.jsonl: no transcript|null\0byte: no "
                                 r"transcript|transcript\.jsonl/transcript\.jsonl: no transcript"):
            read(place)


# damage


def chained(entries):
    """Lines of a transcript whose chain is right, whatever the entries are."""
    last, lines = START, []
    for entry in entries:
        last = hashlib.sha256((last + hashlib.sha256(canonical(entry)).hexdigest()).encode()).hexdigest()
        lines.append(canonical({**entry, "hash": last} if isinstance(entry, dict) else entry) + b"\n")
    return b"".join(lines)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "small"
    write(run, match())
    return run


def survives(run, raw):
    """Whether a transcript can be read; whatever it is, nothing but an ArenaError in one line comes of it."""
    (run / "transcript.jsonl").write_bytes(raw)
    try:
        everything(run)
    except ArenaError as error:
        assert "\n" not in str(error) and ("transcript.jsonl" in str(error) or "arrays/" in str(error))
        return False
    return True


def test_cut_anywhere_it_is_said_or_readable(small, tmp_path):
    raw = (small / "transcript.jsonl").read_bytes()
    shutil.copytree(small, tmp_path, dirs_exist_ok=True)
    ends = {place + 1 for place, byte in enumerate(raw) if byte == 10}
    assert {cut for cut in range(0, len(raw) + 1, 1 if len(raw) < 4000 else 3) if survives(tmp_path, raw[:cut])} <= ends
    assert all(survives(tmp_path, raw[:end]) for end in ends)


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_no_flipped_bit_goes_unseen(small, tmp_path_factory, place, bit):
    raw, run = bytearray((small / "transcript.jsonl").read_bytes()), tmp_path_factory.mktemp("run")
    raw[place % len(raw)] ^= 1 << bit
    (run / "transcript.jsonl").write_bytes(raw)
    with pytest.raises(ArenaError, match=r"transcript\.jsonl:\d+:\d+: "):
        read(run)


@given(edits=st.lists(st.tuples(st.sampled_from(["drop", "swap", "twice", "text"]), st.integers(0, 12),
                                st.integers(0, 12)), min_size=1, max_size=3),
       text=st.binary(max_size=40))
@settings(max_examples=100, deadline=None)
def test_lines_that_were_moved_are_seen(small, tmp_path_factory, edits, text):
    raw = (small / "transcript.jsonl").read_bytes()
    lines, run = raw.splitlines(keepends=True), tmp_path_factory.mktemp("run")
    for what, a, b in edits:
        a, b = a % len(lines), b % len(lines)
        if what == "drop" and len(lines) > 1:
            del lines[a]
        elif what == "swap":
            lines[a], lines[b] = lines[b], lines[a]
        elif what == "twice":
            lines.insert(a, lines[b])
        elif what == "text":
            lines[a] = text
    shutil.copytree(small, run, dirs_exist_ok=True)
    assert survives(run, b"".join(lines)) == raw.startswith(b"".join(lines) or b"-") or b"".join(lines) == b""


@pytest.mark.parametrize("raw", [
    b"", b"\n", b"\n\n", b"\x00" * 100, os.urandom(300), b"\xff\xfe{}\n", b"\xef\xbb\xbf{}\n", b"[]\n", b"null\n",
    b"{}\n", b'{"hash":5}\n', b'{"entry":"head"}\n',
    b"[" * 10_000 + b"\n", b'{"entry":"head","a":' + b"[" * 10_000 + b"]" * 10_000 + b',"hash":"x"}\n',
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"\n",
    b'{"entry":"head","n":' + b"9" * 10_000 + b',"hash":"x"}\n', b'{"entry":"head","n":NaN,"hash":"x"}\n',
    b'{"entry":"head","n":1e999,"hash":"x"}\n',
    b'{"entry":"head","n":"\\ud800","hash":"x"}\n', b'{"entry":"head","hash":"\\ud800"}\n', b'"' + b"x" * 1_000_000,
    chained([END]), chained([{"entry": "sealed"}])])
def test_what_is_no_transcript_is_said_with_its_place(tmp_path, raw):
    assert not survives(tmp_path, raw)
    with pytest.raises(ArenaError, match=r"transcript\.jsonl:\d+:\d+: "):
        read(tmp_path)


def test_the_same_said_otherwise_is_a_change(tmp_path):
    for change in (lambda raw: raw.replace(b'"threads":1', b'"threads": 1'),
                   lambda raw: raw.replace(b'"threads":1', b'"threads":2,"threads":1'),
                   lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: b" " + raw):
        assert not survives(tmp_path, change(chained([HEAD, END])))
    assert survives(tmp_path, chained([HEAD, END]))


def test_a_transcript_of_an_earlier_version_is_told_from_a_changed_one(tmp_path):
    (tmp_path / "transcript.jsonl").write_bytes(
        canonical({**HEAD, "hash": hashlib.sha256(START.encode() + canonical(HEAD)).hexdigest()}) + b"\n"
    )
    with pytest.raises(ArenaError, match="written by an earlier version"):
        read(tmp_path)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["stage", "Release", "all", "$array", "0" * 64, "../x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5)
            | st.sampled_from(["$array", "$hex", "$float", "dtype", "shape", "kind", "stage", "from"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in nested data."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_entries_of_any_shape_are_said_or_read(small, tmp_path_factory, data):
    run = tmp_path_factory.mktemp("run")
    shutil.copytree(small, run, dirs_exist_ok=True)
    entries = [json.loads(canonical(entry)) for entry, _, _ in match()]
    for _ in range(data.draw(st.integers(1, 3))):
        entry = data.draw(st.sampled_from([e for e in entries if e]))
        *path, last = data.draw(st.sampled_from([p for p in places(entry) if p]))
        for key in path:
            entry = entry[key]
        if data.draw(st.booleans()):
            entry[last] = data.draw(JSON)
        else:
            del entry[last]
    survives(run, chained(entries))


@pytest.mark.parametrize("change", [
    {"$array": "0" * 64, "dtype": "|u1", "shape": [3]}, {"$array": "../../x", "dtype": "|u1", "shape": [3]},
    {"$array": 5}, {"$array": None, "dtype": None, "shape": None},
    {"$array": [], "dtype": "O", "shape": [1]}, {"$hex": 5}, {"$hex": "xy"}, {"$float": "many"}, {"$float": []},
    {"$array": "0" * 64, "dtype": "V0", "shape": [10**30]}])
def test_what_was_never_encoded_is_one_line(tmp_path, change):
    entry = {**note("x", 1), "data": {"a": [change]}}
    assert not survives(tmp_path, chained([HEAD, entry]))
    body = {**match()[4][0], "body": {**match()[4][0]["body"], "key": change}}
    assert not survives(tmp_path, chained([HEAD, body]))


@pytest.mark.parametrize(("dtype", "shape", "raw"), [("|O", [1], bytes(8)), ("<f8", [2], bytes(8)),
                                                     ("<f8", [-1], bytes(8)), ("nonsense", [1], b"x"),
                                                     ("<f8", "1", bytes(8)),
                                                     (["<f8"], [1], bytes(8)), ("<f8", [10**30], bytes(8)),
                                                     ("|V0", [1], b""), (5, [1], b"x")])
def test_an_array_whose_name_fits_may_be_none_all_the_same(tmp_path, dtype, shape, raw):
    name = hashlib.sha256(canonical({"dtype": dtype, "shape": shape}) + raw).hexdigest()
    (tmp_path / "arrays").mkdir()
    (tmp_path / "arrays" / name).write_bytes(raw)
    assert not survives(tmp_path,
                        chained([HEAD, {**note("x", 1), "data": {"$array": name, "dtype": dtype, "shape": shape}}]))


@pytest.mark.parametrize("data", [{}, [], 5, None, "stage", {**STAGE, "stage": 5}, {**STAGE, "from": ["a"]},
                                  {**STAGE, "from": "nobody's"}, {**STAGE, "after": "0.9"},
                                  {**STAGE, "after": True}, {**STAGE, "model": None}, {"stage": "x"},
                                  {**STAGE, "by": {}}])
def test_a_note_that_is_no_stage_is_left_out_of_the_lineage(tmp_path, data):
    entries = match()
    entries.insert(2, (note("stage", data, "mallory"), {}, False))
    write(tmp_path / "hostile", entries)
    write(tmp_path / "plain", match())
    hostile, plain = everything(tmp_path / "hostile").lineage(), everything(tmp_path / "plain").lineage()
    assert (list(hostile.edges(data=True)) == list(plain.edges(data=True))
            and dict(hostile.nodes(data=True)) == dict(plain.nodes(data=True)))


def test_a_release_of_nothing_is_no_model(tmp_path):
    release = copies.deepcopy(match()[1][0])
    release["body"]["model"] = ["a"]
    (tmp_path / "transcript.jsonl").write_bytes(chained([HEAD, release]))
    assert not list(read(tmp_path).lineage())


# whole games


@pytest.fixture(scope="module")
def run(quickstart):
    return quickstart[0]


@pytest.fixture
def copy(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


def lines_of(run):
    return [line + "\n" for line in (run / "transcript.jsonl").read_bytes().decode().split("\n")[:-1]]


@pytest.mark.parametrize(("edit", "line"), [
    (lambda ls: [*ls[:5], ls[5].replace('"', "'", 1), *ls[6:]], r":6:\d+: the transcript is truncated or damaged here"),
    (lambda ls: [ls[0].replace("mallory", "malorie"), *ls[1:]],
     r"transcript.jsonl:1:1: the transcript was changed here"),
    (lambda ls: ls[:4] + ls[5:], r":5:1: the transcript was changed here"),
    (lambda ls: [*ls[:-1], ls[-1][:20]], r"truncated or damaged"),
    (lambda ls: [*ls[:3], ls[4], ls[3], *ls[5:]], r":4:1: the transcript was changed"),
    (lambda ls: [], r"has no head"),
    (lambda ls: ["null\n"], r"truncated or damaged"),
])
def test_tampering_is_seen_at_its_line(copy, edit, line):
    assert read(copy).status == "finished"
    (copy / "transcript.jsonl").write_bytes("".join(edit(lines_of(copy))).encode())
    with pytest.raises(ArenaError, match=line):
        read(copy)
    done = command("replay", copy)
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_a_transcript_without_its_end_is_unfinished(copy):
    (copy / "transcript.jsonl").write_bytes("".join(lines_of(copy)[:-1]).encode())
    assert read(copy).status == "unfinished"
    done = command("replay", copy)
    assert done.returncode == 2 and "unfinished" in done.stderr


def test_a_damaged_array_is_seen(copy):
    array = next((copy / "arrays").iterdir())
    array.write_bytes(b"x" + array.read_bytes()[1:])
    with pytest.raises(ArenaError, match="damaged: its content"):
        everything(copy)


def test_graphs(run):
    recorded = read(run)
    graph = recorded.message_graph()
    assert {"alice", "victor", "all"} <= set(graph) and graph.number_of_edges() == len(list(recorded.messages()))
    lineage = recorded.lineage()
    path = ["alice: released", "mallory: 0. stolen"]
    while nxt := list(lineage.successors(path[-1])):
        path += nxt
    assert [lineage.nodes[n]["kind"].split()[0] for n in path] == ["released", "stolen", "fine-tune", "prune", "jpeg",
                                                                   "deployed"]
    assert not list(lineage.predecessors(next(n for n in lineage if n.startswith("bob"))))


def test_two_runs_are_the_same_and_another_seed_is_not(quickstart, store, tmp_path):
    run, done = quickstart
    replayed = command("replay", run, store=store)
    assert replayed.returncode == 0 and "the same" in replayed.stdout, replayed.stdout + replayed.stderr
    record = json.loads((run / "result.json").read_text())
    assert record["transcript"] in done.stdout and record["status"] == "finished"


def test_a_replay_that_differs_says_where(tiny, store, tmp_path):
    command("run", tiny, "--out", tmp_path / "a", "--threads", 1, store=store)
    change_head = json.loads((tmp_path / "a" / "result.json").read_text())
    assert change_head["options"]["threads"] == 1
    recorded = read(tmp_path / "a")
    writer = Writer(tmp_path / "a")
    for entry in recorded.entries:
        if entry["entry"] == "note" and entry["topic"] == "accuracy":
            entry = {**entry, "data": {"marked": 0.123}}
        writer.add(entry)
    writer.close()
    done = command("replay", tmp_path / "a", store=store)
    assert done.returncode == 1 and "different from line" in done.stdout and "0.123" in done.stdout
