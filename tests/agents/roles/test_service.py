"""A trained model as a suspect: an owner's own is granted, an innocent one is not, and a hostile function harms nobody
but itself."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import arena
from agents.roles.service import as_labels
from arena.base.errors import ArenaError
from arena.game.transcript import read
from arena.hosts.store import Store
from arena.scenario import scenario

SEED = 7
OWNER = "alice: {role: owner, reference: false, scheme: {rose: {triggers: 24, oversample: 3}}}"
CAST = f"""\
title: suspects
seed: {SEED}
task: {{dataset: digits, epochs: 6, rate: 2e-3, schedule: one-cycle, limit: 600}}
limits: {{turn: 20, quiet: 5, memory: 2 GiB}}
agents:
  {OWNER}
"""
VICTOR = "  victor: {role: verifier, policy: {rarity: 30, work: 0}}\n"
SELLER = "  sally: {role: seller}\n"
SERVE = '''
import json
import time
from pathlib import Path

import numpy as np
import torch

calls = []


def net():
    from arena.hosts.weights import from_bytes
    return from_bytes((Path(__file__).parent / "alice.safetensors").read_bytes())


def predict(images):
    with torch.no_grad():
        return net().eval()(torch.from_numpy(images).float() / 255)


def raises(images):
    raise RuntimeError("no\\x1b[2J way")


def late(images):
    calls.append(1)
    if len(calls) > 1:
        raise RuntimeError("only once")
    return predict(images)


def wrong(images):
    return np.zeros((len(images) + 1, 3))


def hangs(images):
    while True:
        time.sleep(1)


def fickle(images):
    return np.random.default_rng(time.monotonic_ns()).integers(0, 10, len(images))


def reaches(images):
    Path(__file__).with_name("stolen.txt").write_text("x")
    return fickle(images)


NOTHING = 5
'''


def play(folder, suspects, store, name="suspects", more=""):
    path = folder / f"{name}.yaml"
    path.write_text(CAST + more + "".join(f"  {who}: {{role: service, {what}}}\n" for who, what in suspects.items())
                    + VICTOR)
    return arena.play(path, out=folder / f"run-{name}", store=store, threads=1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory, store):
    """A folder with what alice and an honest seller released, and functions that serve."""
    folder = tmp_path_factory.mktemp("suspects")
    played = play(folder, {}, store, "first", SELLER)
    for entry in read(Path(played.run)).of("message"):
        if entry["body"]["kind"] == "Release":
            raw = Store(Path(store)).get(entry["body"]["model"])
            (folder / f"{entry['sender']}.safetensors").write_bytes(raw)
    (folder / "serve.py").write_text(SERVE)
    return folder


def granted(result):
    return {verdict.deployer: verdict.granted for verdict in result.verdicts}


def test_an_owner_s_own_model_is_granted_an_innocent_one_is_not(exported, store):
    result = play(exported, {"eve": "weights: alice.safetensors", "fay": "weights: sally.safetensors",
                             "gus": 'model: "serve.py:predict"'}, store)
    assert granted(result) == {"eve": True, "fay": False, "gus": True} and not result.faults
    assert {"alice.safetensors", "sally.safetensors", "serve.py"} <= set(result.files)
    assert all(result.files[name] for name in result.files)
    stages = {stage.deployer: stage for stage in result.stages}
    assert set(stages) == {"eve", "fay", "gus"} and stages["eve"].accuracy > 0.5


def test_weights_are_shown_where_a_mark_is_read_from_them(exported, store):
    """The same key in weights: the owner of `first` served by its file, with and without showing it."""
    cast = CAST.replace("{rose: {triggers: 24, oversample: 3}}", "{uchida: {layer: 'features.3', bits: 64}}")
    (exported / "white.yaml").write_text(f"{cast}{VICTOR}")
    first = arena.play(exported / "white.yaml", out=exported / "run-white", store=store, threads=1)
    release = next(e for e in read(Path(first.run)).of("message") if e["body"]["kind"] == "Release")
    (exported / "white.safetensors").write_bytes(Store(Path(store)).get(release["body"]["model"]))
    served = "role: service, weights: white.safetensors"
    (exported / "white.yaml").write_text(f"{cast}  eve: {{{served}}}\n  fay: {{{served}, discloses: false}}\n"
                                         f"{VICTOR.replace('work: 0', 'work: 0, chosen-keys: true')}")
    result = arena.play(exported / "white.yaml", out=exported / "run-white", store=store, threads=1)
    kinds = [(e["sender"], e["body"]["kind"]) for e in read(Path(result.run)).of("message")]
    assert granted(result)["eve"] and ("eve", "Disclosure") in kinds and ("fay", "Disclosure") not in kinds
    assert not result.faults


@pytest.mark.parametrize(("function", "said"), [
    ("raises", r"RuntimeError: no"), ("late", "RuntimeError: only once"), ("wrong", r"labels \(\d+,\) or logits"),
    ("hangs", "no sign of life"), ("reaches", "PermissionError")])
def test_a_hostile_function_loses_its_own_turn_alone(exported, store, function, said):
    result = play(exported, {"bad": f'model: "serve.py:{function}"', "eve": "weights: alice.safetensors"}, store,
                  f"hostile-{function}")
    assert result.status == "finished" and granted(result)["eve"] and not granted(result).get("bad")
    assert [fault.agent for fault in result.faults] == ["bad"] and any(said_in(fault, said) for fault in result.faults)
    assert not (exported / "stolen.txt").exists()


def said_in(fault, pattern):
    return re.search(pattern, fault.reason) is not None and "\x1b" not in fault.reason


def test_who_answers_otherwise_each_time_is_not_granted_and_breaks_nothing(exported, store):
    result = play(exported, {"bad": 'model: "serve.py:fickle"', "eve": "weights: alice.safetensors"}, store, "fickle")
    assert granted(result) == {"bad": False, "eve": True} and not result.faults


MISFITS = {
    "nothing": ("discloses: false", "a service has a `model`"),
    "both": ('model: "serve.py:predict", weights: alice.safetensors', "one of them is wanted"),
    "no file": ("weights: none.safetensors", "none.safetensors: no such file"),
    "no function": ('model: "serve.py:NOTHING"', "a function of images"),
    "unknown function": ('model: "serve.py:gone"', "not nothing"),
    "no such module": ('model: "gone.py:predict"', "no such file"),
    "a network beside a function": ('model: "serve.py:predict", network: digits-cnn', "a function is no network"),
    "another network": ("weights: bare.safetensors, network: rose-cnn", r"tensors of the network are missing|shape"),
    "a pickle": ("weights: bare.pt", "looks like a pickle"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_what_can_not_serve_is_said_at_its_line(exported, case):
    from safetensors.torch import save_file

    what, said = MISFITS[case]
    save_file({"x": torch.zeros(2)}, exported / "bare.safetensors")
    torch.save({"x": torch.zeros(2)}, exported / "bare.pt")
    path = exported / "misfit.yaml"
    path.write_text(f"{CAST}  eve: {{role: service, {what}}}\n{VICTOR}")
    with pytest.raises(ArenaError, match=said) as error:
        scenario.load(path)
    assert str(error.value).startswith(f"{path}:7:")


@pytest.mark.parametrize("given", [np.arange(3), torch.arange(3), [0, 1, 2], np.eye(3, 10), torch.eye(3, 10),
                                   np.arange(3.0)])
def test_labels_and_logits_are_taken(given):
    assert as_labels(given, 3, 10).tolist() == [0, 1, 2] and as_labels(given, 3, 10).dtype == np.int64


@pytest.mark.parametrize("given", [None, "abc", np.arange(4), np.eye(3, 9), np.array([0.5, 1, 2]), np.array([-1, 0, 1]),
                                   np.array([0, 1, 10]), np.full((3, 10), np.nan), np.array([{}, 1, 2]), [[1], [2, 3]],
                                   np.array([0, 1, 1e300]), {}])
def test_anything_else_is_refused(given):
    with pytest.raises(ArenaError, match="a service gives"):
        as_labels(given, 3, 10)
