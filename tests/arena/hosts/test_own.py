"""Networks of the user's own: only what was admitted is made, under its own names, and it comes back as it was."""

import copy
import dataclasses
import functools
import sys

import pytest
import torch
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.base.userfiles import load_file
from arena.hosts import weights
from arena.hosts.architecture import Architecture
from arena.hosts.channels import channels_of
from arena.hosts.header import Header
from arena.hosts.layers import layer_name, markable, weight_of
from arena.hosts.mechanism import mechanism, untold
from arena.hosts.networks import admit, build, own, replace_decision
from arena.hosts.trial import try_out
from arena.hosts.weights import from_bytes, to_bytes
from arena.strategies.premises import _built
from arena.testing import SMALL, small_workshop
from tests.arena.scenario.test_own_network import NET, TWO_PARTS, made


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder in which files are written; what was admitted is forgotten before and afterwards."""
    monkeypatch.setattr(own, "_admitted", {})
    monkeypatch.setattr(own, "_sources", {})
    return tmp_path


def admitted(home, code=NET, classes=10, shape=(1, 8, 8), name="mynet.py:Net"):
    """The architecture of a network in a file of its own."""
    (home / "mynet.py").write_text(code)
    load_file.cache_clear()
    own._sources.clear()
    for module in [module for module in sys.modules if module.startswith("arena_user_mynet")]:
        del sys.modules[module]  # as in a process of its own
    name, source = admit(name, home)
    return Architecture(name, classes, shape, source=source)


def drawn(architecture, seed=1):
    return build(architecture, torch.Generator().manual_seed(seed))


IMAGES = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def test_nothing_is_made_that_was_not_admitted(home):
    ours = admitted(home)
    (home / "evil.py").write_text("raise SystemExit('imported')")
    raw = to_bytes(drawn(ours))
    for stranger in (
        dataclasses.replace(ours, network="evil.py:Net"),
        dataclasses.replace(ours, network="../mynet.py:Net"),
        dataclasses.replace(ours, source="0" * 64),
        dataclasses.replace(ours, source=""),
        dataclasses.replace(ours, network="os:system"),
        dataclasses.replace(ours, network="evil:Net"),
    ):
        with pytest.raises(ArenaError, match="is no network of this scenario"):
            build(stranger)
        if stranger.source:
            strange = renamed(ours, stranger)
            assert Header.of(strange).spec["network"] == stranger.network
            with pytest.raises(ArenaError, match=r"a release: .* is no network of this scenario"):
                from_bytes(strange, "a release")
    assert from_bytes(raw)


def renamed(old, new):
    """A file with the weights of one architecture, whose header says another."""
    network = drawn(old)
    network.architecture = new
    return to_bytes(network)


def test_the_same_name_with_other_content_is_another_network(home):
    one, other = admitted(home), admitted(home, NET.replace("4", "5"))
    assert one.network == other.network and one.source != other.source
    assert drawn(one).net.conv.out_channels == 4 and drawn(other).net.conv.out_channels == 5
    with pytest.raises(ArenaError, match="is not what was asked for"):
        from_bytes(to_bytes(drawn(one)), wanted=lambda architecture: architecture == other)


@pytest.mark.parametrize(
    "change",
    [
        {"network": "digits-cnn"},
        {"source": "x"},
        {"source": "A" * 64},
        {"source": 5},
        {"source": None},
        {"source": "0" * 64 + "\n"},
    ],
)
def test_a_header_names_a_source_for_a_network_of_ones_own_and_no_other(home, change):
    from tests.arena.hosts.test_header import ONE, SPEC, speaking

    right = {**SPEC, "network": "mynet.py:Net", "source": "0" * 64}
    assert Header.of(speaking(right, ONE)).spec["source"] == "0" * 64
    for wrong in ({**right, **change}, {**SPEC, "network": "mynet.py:Net"}, {**SPEC, "source": ""}):
        with pytest.raises(Malformed):
            Header.of(speaking(wrong, ONE))


def test_the_bytes_of_a_library_network_say_nothing_new(home):
    raw = to_bytes(build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(1)))
    assert b"source" not in raw and set(Header.of(raw).spec) == {
        "network",
        "classes",
        "shape",
        "resize",
        "input",
        "temperature",
    }


def test_it_comes_back_from_its_bytes_as_it_was(home):
    network = drawn(admitted(home)).eval()
    again = from_bytes(to_bytes(network)).eval()
    assert again.architecture == network.architecture and torch.equal(network(IMAGES), again(IMAGES))
    assert to_bytes(again) == to_bytes(network)


BUFFERED = made(
    "self.register_buffer('mean', torch.full((1,), 0.25), persistent=False); self.shift = torch.tensor(2.0)"
).replace("self.conv(images)", "self.conv(self.shift * images - self.mean)")


@pytest.mark.parametrize(
    "code",
    [
        BUFFERED,
        made("self.k = sum(float(x) for x in torch.linspace(0, 1, 5))").replace(
            "self.conv(images)", "self.k * self.conv(images)"
        ),
    ],
    ids=["buffers that aren't kept", "numbers reckoned with torch"],
)
def test_what_its_weights_lack_is_made_again(home, code):
    """It is built twice on the way back: without memory, to see that it fits, and really."""
    network = drawn(admitted(home, code)).eval()
    assert torch.equal(network(IMAGES), from_bytes(to_bytes(network)).eval()(IMAGES))


def test_a_hostile_file_gets_no_memory_for_what_it_only_claims(home, monkeypatch):
    ours, sizes = admitted(home), []
    network = drawn(ours)
    network.architecture = dataclasses.replace(ours, classes=100_000, shape=(1, 512, 512))
    raw = to_bytes(network)
    monkeypatch.setattr(
        own,
        "make",
        lambda architecture, real=own.make: (sizes.append(torch.empty(0).device.type), real(architecture))[1],
    )
    with pytest.raises(ArenaError, match="don't fit"):
        from_bytes(raw)
    assert set(sizes) == {"meta"}


def test_weights_that_do_not_fit_are_named(home):
    raw = to_bytes(drawn(admitted(home)))
    assert weights.read_tensors(raw, "x").keys() == {
        "net.conv.weight",
        "net.conv.bias",
        "net.last.weight",
        "net.last.bias",
    }
    with pytest.raises(ArenaError, match=r"don't fit 'mynet\.py:Net': 'net\.last\.(bias|weight)' is"):
        from_bytes(raw.replace(b'\\"classes\\":10', b'\\"classes\\":11'))


def test_layers_go_by_the_names_that_the_user_gave_them(home):
    network = drawn(admitted(home))
    assert list(markable(network)) == ["conv", "last"] and layer_name(network, "last") == "last"
    assert weight_of(network, "conv") is network.net.conv.weight
    with pytest.raises(ArenaError, match="did you mean 'conv'"):
        layer_name(network, "cnov")
    chain = drawn(admitted(home, TWO_PARTS.replace("nn.ReLU(),", "nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1),")))
    assert len(channels_of(chain, chain.architecture.shape).taken_in("features.2")) == 4


def test_a_network_without_layers_to_mark_says_so(home):
    code = (
        NET.replace("nn.Conv2d(shape[0], 4, 3, padding=1)", "nn.BatchNorm2d(shape[0])")
        .replace("nn.Linear(4 * shape[1] * shape[2], classes)", "nn.Bilinear(64, 64, classes)")
        .replace("self.last(self.conv(images).relu().flatten(1))", "self.last(images.flatten(1), images.flatten(1))")
    )
    with pytest.raises(ArenaError, match="has no convolution and no fully connected layer"):
        layer_name(drawn(admitted(home, code)))


def test_parts_are_replaced_where_there_are_two(home):
    ours = admitted(home, TWO_PARTS)
    host, draw = drawn(ours), torch.Generator().manual_seed(9)
    moved = replace_decision(host, dataclasses.replace(ours, classes=7), draw)
    assert torch.equal(moved.features[0].weight, host.features[0].weight) and moved(IMAGES).shape == (5, 7)
    assert [name for name, _ in moved.decision.named_parameters()] == [
        "weight",
        "bias",
    ] and moved.architecture.classes == 7
    plain = admitted(home)
    with pytest.raises(
        ArenaError, match=r"mynet\.py:Net has no part 'features': transfer learning keeps the module `features`"
    ):
        replace_decision(drawn(plain), dataclasses.replace(plain, classes=7), draw)
    half = admitted(
        home, NET.replace("self.conv ", "self.features, self.decision = nn.Flatten(), 5\n        self.conv ")
    )
    with pytest.raises(ArenaError, match="has no part 'decision'"):
        replace_decision(drawn(half), dataclasses.replace(half, classes=7), draw)


def test_copies_are_networks_too(home):
    network = drawn(admitted(home, TWO_PARTS))
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.features[0].weight.zero_()
    assert (
        isinstance(other, own.Own)
        and other.architecture == network.architecture
        and bool(network.features[0].weight.any())
    )


def test_weights_can_be_weighted_exponentially(home):
    ours = dataclasses.replace(admitted(home), temperature=2.0)
    network = drawn(ours).eval()
    plain = drawn(dataclasses.replace(ours, temperature=0.0)).eval()
    assert not torch.equal(network(IMAGES), plain(IMAGES)) and torch.equal(
        network(IMAGES), from_bytes(to_bytes(network)).eval()(IMAGES)
    )


def test_the_store_knows_it_by_what_its_file_holds(home, tmp_path):
    """What was trained of it is found again, and trained anew once any line of its file has changed."""

    def host(code, store=tmp_path / "store"):
        admitted(home, code)
        shop = small_workshop(
            store, task=dataclasses.replace(SMALL, epochs=1, limit=200, network="mynet.py:Net"), folder=home
        )
        trained = []
        shop.sink = lambda *progress: trained.append(progress)
        shop.unmarked_host()
        return bool(trained)

    assert host(NET) and not host(NET)
    assert host(NET + "\n# another line\n") and host(NET.replace("relu()", "tanh()")) and not host(NET)


def test_a_helper_beside_it_counts(home, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(home))
    code = f"from helper import bent\n{NET.replace('self.conv(images).relu()', 'bent(self.conv(images))')}"
    names = []
    for how in ("x.relu()", "x.tanh()"):
        (home / "helper.py").write_text(f"def bent(x):\n    return {how}\n")
        names.append(mechanism(drawn(admitted(home, code))))
    assert names[0] != names[1] and None not in names


def test_what_cannot_be_told_is_not_kept(home):
    for code, name in ((made("self.how = lambda x: x"), "net"), (made("self.n = torch.ones(1)"), "net")):
        network = drawn(admitted(home, code))
        assert mechanism(network) is None and untold(network) == name
    told = drawn(
        admitted(
            home,
            made("self.how, self.kind, self.sizes = nn.functional.relu, nn.ReLU, {'a': [1, 2.5]}; self.f = torch.tanh"),
        )
    )
    assert mechanism(told) is not None and untold(told) == "" and " at 0x" not in str(mechanism(told))
    other = drawn(
        admitted(
            home,
            made("self.how, self.kind, self.sizes = nn.functional.gelu, nn.ReLU, {'a': [1, 2.5]}; self.f = torch.tanh"),
        )
    )
    assert mechanism(other) != mechanism(told)
    own_function = drawn(
        admitted(home, made("self.how = bent").replace("class Net", "def bent(x):\n    return x\n\n\nclass Net"))
    )
    assert mechanism(own_function) is None


class Plain(nn.Sequential):
    """A network of this module's."""

    def __init__(self, classes, shape):
        super().__init__(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], classes))


def test_a_class_at_hand_is_lent_under_the_name_that_finds_it(home):
    name = own.lend(Plain, home)
    assert name == f"{__name__}:Plain" and admit(name, home) == (name, own._sources[name, home])
    try_out(Architecture(*[name, 10, (1, 8, 8)], source=admit(name, home)[1]))
    for wrong in (lambda classes, shape: Plain(classes, shape), functools.partial(Plain), Plain(2, (1, 1, 1)), 5):
        with pytest.raises(ArenaError):
            own.lend(wrong, home)


def test_within_a_process_a_network_stays_what_it_was(home):
    ours = admitted(home)
    (home / "mynet.py").write_text("raise SystemExit")
    assert admit("mynet.py:Net", home) == (ours.network, ours.source) and drawn(ours)


def test_premises_hold_its_shapes_alone_where_they_can(home):
    assert all(p.is_meta for p in _built(admitted(home)).parameters())
    reckoning = _built(admitted(home, made("self.k = float(torch.linspace(0, 1, 5).sum())")))
    assert not any(p.is_meta for p in reckoning.parameters())
