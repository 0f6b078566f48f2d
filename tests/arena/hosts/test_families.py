"""Networks of other libraries by name: made as in a match, started from local weights, never fetched."""

import json
import socket
import sys

import pytest
import torch
from safetensors.torch import save_file

import arena
from arena.base.errors import ArenaError
from arena.base.names import canonical, is_own
from arena.hosts.architecture import Architecture
from arena.hosts.mechanism import mechanism
from arena.hosts.networks import admit, build, own
from arena.hosts.networks.own import body
from arena.hosts.starting import start_from
from arena.hosts.trial import try_out
from arena.scenario import scenario
from tests.conftest import TINY

SMALL = "timm:test_resnet"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """What was admitted in one test isn't in another, and nobody reaches the network."""
    connect = socket.socket.connect

    def refused(*where, **how):
        if isinstance(where[0], socket.socket) and where[0].family == socket.AF_UNIX:
            return connect(*where)  # the server of agents' processes
        raise AssertionError(f"somebody reaches for the network: {where}")

    monkeypatch.setattr(own, "_admitted", {})
    monkeypatch.setattr(own, "_sources", {})
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def saved(home, kind="ViT", **more):
    transformers = pytest.importorskip("transformers")
    small = {"ViT": {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
                     "image_size": 16, "patch_size": 4},
             "ResNet": {"embedding_size": 8, "hidden_sizes": [8, 8], "depths": [1, 1]}}[kind]
    config = getattr(transformers, f"{kind}Config")(**small, **more)
    config.save_pretrained(home / kind.lower())
    return config


def network(name, home, seed=1, classes=10, shape=(1, 8, 8)):
    known, source = admit(name, home)
    return build(Architecture(known, classes, shape, source=source), torch.Generator().manual_seed(seed))


def test_their_names_are_a_user_s_to_give(tmp_path):
    for name in ("timm:resnet10t", "transformers:models/vit", "transformers:../vit"):
        assert is_own(name)
    assert canonical("transformers:./vit/", tmp_path) == "transformers:vit" and not is_own("resnet18")
    assert canonical("timm:resnet10t", tmp_path) == "timm:resnet10t"


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 24)])
def test_timm(tmp_path, shape):
    pytest.importorskip("timm")
    found = network(SMALL, tmp_path, shape=shape)
    try_out(found.architecture)
    assert mechanism(found) is not None and found.architecture.source in repr(found)


@pytest.mark.parametrize("kind", ["ViT", "ResNet"])
def test_transformers(tmp_path, kind):
    saved(tmp_path, kind)
    found = network(f"transformers:{kind.lower()}", tmp_path)
    try_out(found.architecture)
    assert mechanism(found) is not None


def test_the_settings_are_part_of_what_it_is(tmp_path):
    saved(tmp_path)
    one = admit("transformers:vit", tmp_path)
    saved(tmp_path, hidden_act="relu")
    own._sources.clear()
    assert admit("transformers:vit", tmp_path) != one


def test_it_starts_from_local_weights_under_their_own_names(tmp_path):
    timm = pytest.importorskip("timm")
    theirs = timm.create_model("test_resnet", num_classes=7, in_chans=1)
    save_file(theirs.state_dict(), tmp_path / "w.safetensors")
    same = network(SMALL, tmp_path, classes=7)
    assert start_from(same, tmp_path / "w.safetensors") == ""
    other, before = network(SMALL, tmp_path), network(SMALL, tmp_path)
    assert start_from(other, tmp_path / "w.safetensors") == "features"
    head = theirs.default_cfg["classifier"]
    for name, tensor in body(other).inner.state_dict().items():
        wanted = body(before).inner.state_dict() if name.startswith(f"{head}.") else theirs.state_dict()
        assert torch.equal(tensor, wanted[name]), name
    with pytest.raises(ArenaError, match="has shape"):
        start_from(network(SMALL, tmp_path, shape=(3, 8, 8)), tmp_path / "w.safetensors")


def test_the_same_for_transformers(tmp_path):
    config = saved(tmp_path, num_channels=1, num_labels=5)
    import transformers

    config.image_size = 8
    transformers.AutoModelForImageClassification.from_config(config).save_pretrained(tmp_path / "vit")
    assert start_from(network("transformers:vit", tmp_path, classes=5), tmp_path / "vit" / "model.safetensors") == ""
    assert start_from(network("transformers:vit", tmp_path), tmp_path / "vit" / "model.safetensors") == "features"


WRONG = {
    "an unknown model": ("timm:resnet10", "timm has no model 'resnet10'; did you mean"),
    "weights by a tag": ("timm:resnet10t.c3_in1k", "weights by a tag are not fetched"),
    "a model of the hub": ("timm:hf-hub:timm/resnet10t", "timm has no model"),
    "no folder": ("transformers:google/vit-base-patch16-224", "no config.json in .*; models are not fetched"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_there_is_one_line(tmp_path, case):
    name, said = WRONG[case]
    pytest.importorskip(name.partition(":")[0])
    with pytest.raises(ArenaError, match=said) as error:
        admit(name, tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"model_type": "none-such"}), json.dumps({}),
                                  json.dumps({"model_type": "bert"}),
                                  json.dumps({"model_type": "vit", "hidden_size": -1})])
def test_a_damaged_config_is_one_line(tmp_path, text):
    pytest.importorskip("transformers")
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").write_text(text)
    with pytest.raises(ArenaError) as error:
        network("transformers:vit", tmp_path)
    assert "\n" not in str(error.value)


def test_code_beside_the_config_is_never_run(tmp_path):
    saved(tmp_path)
    file = tmp_path / "vit" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "auto_map": {"AutoConfig": "evil.Evil",
                                "AutoModelForImageClassification": "evil.Evil"}}))
    (tmp_path / "vit" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    network("transformers:vit", tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("library", ["timm", "transformers"])
def test_where_the_library_is_missing_one_line_says_so(tmp_path, monkeypatch, library):
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ArenaError, match=rf"pip install 'ownership-arena\[{library}\]'"):
        admit(f"{library}:vit", tmp_path)


@pytest.mark.parametrize("name", [SMALL, "transformers:vit"])
def test_it_plays(tmp_path, store, name):
    pytest.importorskip(name.partition(":")[0])
    if name != SMALL:
        saved(tmp_path)
    path = tmp_path / "other.yaml"
    path.write_text(TINY.replace("{dataset: digits,", f"{{dataset: digits, network: {name!r},"))
    result = arena.play(path, out=tmp_path / "run", store=store, threads=1)
    assert result.status == "finished" and len(result.verdicts) == 1 and not result.faults
    assert ("vit" in result.files) == (name != SMALL)


def test_what_is_wrong_is_said_at_its_line(tmp_path):
    pytest.importorskip("timm")
    path = tmp_path / "other.yaml"
    path.write_text(TINY.replace("{dataset: digits,", "{dataset: digits, network: 'timm:resnet10',"))
    with pytest.raises(ArenaError, match=r"other\.yaml:3:\d+: task\.network: timm has no model 'resnet10'"):
        scenario.load(path)
