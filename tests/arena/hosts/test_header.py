"""Headers of released networks: what is whole is read, everything else is said, and nothing is allocated on its
word."""

import json
import resource
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.base.errors import ArenaError, Malformed
from arena.hosts import starting, weights
from arena.hosts.architecture import Architecture
from arena.hosts.header import Header, finite
from arena.hosts.networks import blank, build
from arena.hosts.weights import from_bytes, to_bytes

SPEC = {"network": "digits-cnn", "classes": 10, "shape": [1, 8, 8], "resize": 0, "input": "torchvision",
        "temperature": 0.0}
ONE = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
class Missing:
    def __repr__(self):
        return "missing"


MISSING = Missing()


def file(header, data=bytes(8)):
    """A safetensors file with this header, text or JSON data."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(text)) + text + data


def speaking(spec, tensors=ONE, data=bytes(8)):
    """A file whose metadata hold `spec`."""
    return file({"__metadata__": {"arena": spec if isinstance(spec, str) else json.dumps(spec)}, **tensors}, data)


def changed(**changes):
    return {name: value for name, value in {**SPEC, **changes}.items() if value is not MISSING}


@pytest.fixture(scope="module")
def network():
    return build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(3))


def test_a_released_network_says_what_it_is(network):
    raw = to_bytes(network)
    header = Header.of(raw)
    assert dict(header.spec) == SPEC and finite(raw, header)
    assert {name: head.shape for name, head in header.tensors.items()} == {
        name: tuple(tensor.shape) for name, tensor in network.state_dict().items()
    }
    bias = header.tensors["decision.2.bias"]
    assert np.array_equal(np.frombuffer(raw, "<f4", 10, bias.begin), network.state_dict()["decision.2.bias"].numpy())
    assert from_bytes(raw).architecture == network.architecture


@pytest.mark.parametrize("name", ["digits-cnn", "rose-cnn", "rose-cnn-dropout", "rose-cifar", "wide-resnet-narrow",
                                  "resnet-8", "resnet18", "regnet_y_400mf",
                                  "mnasnet0_5"])
@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_every_network_comes_back_as_it_was(name, temperature):
    made = build(Architecture(name, 7, (3, 32, 32), temperature=temperature), torch.Generator().manual_seed(1)).eval()
    back, images = from_bytes(to_bytes(made)).eval(), torch.rand(2, 3, 32, 32)
    assert weights.fingerprint(back) == weights.fingerprint(made) and repr(back) == repr(made)
    assert back.architecture == made.architecture
    assert [p.requires_grad for p in back.parameters()] == [p.requires_grad for p in made.parameters()]
    with torch.no_grad():
        assert torch.equal(back(images), made(images))


SPECS = {
    "infinite classes": '{"network":"digits-cnn","classes":Infinity,"shape":[1,8,8]}',
    "no number": '{"network":"digits-cnn","classes":10,"shape":[1,8,8],"temperature":NaN}',
    "infinite temperature": '{"network":"digits-cnn","classes":10,"shape":[1,8,8],"temperature":1e400}',
    "a name twice": '{"network":"digits-cnn","classes":10,"classes":11,"shape":[1,8,8]}',
    "endless number": '{"network":"digits-cnn","classes":' + "9" * 5000 + ',"shape":[1,8,8]}',
    "nested": '{"network":' + "[" * 4000 + "]" * 4000 + ',"classes":10,"shape":[1,8,8]}',
    "no object": "[]", "no JSON": "{", "empty": "", "text": '"digits-cnn"',
    "endless": json.dumps(changed(network="x" * 20_000)),
    **{f"{name}: {value!r:.30}": changed(**{name: value}) for name, values in {
        "classes": [4_000_000, 100_001, 1, 0, -1, 10.0, True, None, "10", [10], MISSING],
        "shape": [[1, 8], [1, 8, 8, 8], [2, 8, 8], [0, 8, 8], [1, 0, 8], [1, 8, -8], [1, 4097, 8], [1, 8.0, 8],
                  [True, 8, 8], "188", 8, None, {}, MISSING],
        "resize": [-1, 4097, 1.5, "0", None, True], "input": ["", "imagenet", 5, None, ["torchvision"]],
        "network": ["", 5, None, [], "a\nb", MISSING],
        "temperature": [-0.1, 101, "0", None, True], "hashed": [False, 1, "yes", None],
        "more": [1]}.items() for value in values},
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_hostile_spec_is_said(spec):
    raw = speaking(spec)
    with pytest.raises(Malformed) as caught:
        Header.of(raw)
    assert str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 300
    with pytest.raises(ArenaError, match="the release"):
        from_bytes(raw, "the release")


GOOD = {"__metadata__": {"arena": json.dumps(SPEC)}}


def tensor(**changes):
    return {"a": {name: value for name, value in {**ONE["a"], **changes}.items() if value is not MISSING}}


FILES = {
    "nothing": b"", "seven bytes": b"\x02" + bytes(6), "no header": bytes(8),
    "length beyond the end": struct.pack("<Q", 1000) + b"{}",
    "greatest length": b"\xff" * 8 + b"{}", "negative length": struct.pack("<q", -1) + b"{}", "no object": file("[]"),
    "no text": file("{}")[:8] + b"{\xff",
    "nested": file("{" + '"a":{' * 2000), "brackets": file('{"a":' + "[" * 100_000),
    "many": file('{"a":[' + "{}," * 60_000 + "{}]}"), "many lists": file('{"a":[' + "[],[0]," * 30_000 + "[]]}"),
    "a name twice": file('{"a":1,"a":2}'), "no metadata": file(ONE),
    "metadata of another kind": file({"__metadata__": [], **ONE}),
    "metadata without the key": file({"__metadata__": {}, **ONE}), "metadata null": file({"__metadata__": None, **ONE}),
    "the key no text": file({"__metadata__": {"arena": SPEC}, **ONE}),
    "too long": file({**GOOD, **ONE, "b": " " * 10_000_000}),
    "a hole": file({**GOOD, **tensor(data_offsets=[8, 16])}, bytes(16)), "more behind": file({**GOOD, **ONE}, bytes(9)),
    "cut": file({**GOOD, **ONE}, bytes(7)), "none inside": file(GOOD, bytes(8)),
    "over each other": file({**GOOD, **ONE, "b": ONE["a"]}, bytes(8)),
    **{f"{name}: {value!r:.40}": file({**GOOD, **tensor(**{name: value})}) for name, values in {
        "dtype": ["F31", "", 32, None, ["F32"], "F64", MISSING],
        "shape": [[3], [-2], [2.0], [True, 2], "2", None, 2, [2, 0], [1 << 60], [1] * 17, [10**18, 10**18], [2, [1]],
                  MISSING],
        "data_offsets": [[0, 9], [8, 0], [-8, 0], [0], [0, 4, 8], [0, 1 << 50], [0.0, 8.0], "08", None, {}, [False, 8],
                         MISSING], "more": [1]}.items()
       for value in values},
    "a tensor that is none": file({**GOOD, "a": [1]}), "a tensor with an odd name": file({**GOOD, "a\n": ONE["a"]}),
    "a tensor with an endless name": file({**GOOD, "a" * 501: ONE["a"]}),
}


@pytest.mark.parametrize("raw", FILES.values(), ids=FILES)
def test_a_hostile_file_is_said(raw):
    with pytest.raises(Malformed) as caught:
        Header.of(raw)
    assert str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 300
    with pytest.raises(ArenaError, match="the release"):
        from_bytes(raw, "the release")


@pytest.mark.parametrize("spec", [
    changed(classes=100_000), changed(shape=[3, 4096, 4096]), changed(network="rose-cifar", shape=[3, 4096, 4096]),
    changed(network="resnet18", resize=4096),
    changed(network="resnet-8", shape=[3, 4096, 4096]), changed(network="vit_b_16"), changed(network="none such"),
    changed(network="rose-cnn", shape=[1, 2, 2]),
    changed(temperature=100)])
def test_what_a_file_only_claims_is_neither_built_nor_allocated(spec, network):
    tensors = {name: {"dtype": head.dtype, "shape": head.shape, "data_offsets": [head.begin, head.end]}
               for name, head in Header.of(to_bytes(network)).tensors.items()}
    first = min(head["data_offsets"][0] for head in tensors.values())
    moved = {name: {**head, "data_offsets": [n - first for n in head["data_offsets"]]}
             for name, head in tensors.items()}
    raw = speaking(spec, moved, to_bytes(network)[first:])
    assert dict(Header.of(raw).spec) == spec
    blank(replace(network.architecture, network="resnet18"))  # what is imported only once
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with pytest.raises(ArenaError) as caught:
        from_bytes(raw, "the release")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000 and time.perf_counter() - start < 5
    assert str(caught.value).startswith("the release: ") and "\n" not in str(caught.value)


def test_what_does_not_fit_is_named(network):
    raw = to_bytes(network)
    with pytest.raises(ArenaError,
                       match=r"don't fit 'digits-cnn': 'decision.2.bias' is \('F32', \(10,\)\), not \('F32', "
                             r"\(11,\)\)|'decision.2.weight' is"):
        from_bytes(raw.replace(b'\\"classes\\":10', b'\\"classes\\":11'))
    with pytest.raises(ArenaError, match="'a' is too many"):
        from_bytes(speaking(SPEC))
    with pytest.raises(ArenaError, match="is not what was asked for"):
        from_bytes(raw, wanted=lambda architecture: architecture.classes == 11)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.float8_e5m2,
                                   torch.float8_e4m3fn])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), "greatest", "least"])
def test_what_is_not_finite_is_seen(dtype, value):
    from safetensors.torch import save

    value = {"greatest": torch.finfo(dtype).max, "least": torch.finfo(dtype).min}.get(value, value)
    tensor = torch.zeros(9, dtype=torch.float64).index_fill(0, torch.tensor(7), value).to(dtype)
    raw = save({"odd": torch.ones(3, dtype=torch.uint8), "a": tensor, "whole": torch.full((2,), -1)},
               {"arena": json.dumps(SPEC)})
    assert finite(raw, Header.of(raw)) is bool(torch.isfinite(tensor.double()).all())


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=6)
NAMES = st.sampled_from([*SPEC, "more"])


@given(spec=st.dictionaries(NAMES, JSON, max_size=3),
       tensor=st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "more"]), JSON, max_size=2),
       data=st.binary(max_size=16), top=JSON)
@settings(max_examples=200, deadline=None)
def test_no_header_raises_anything_else(spec, tensor, data, top):
    for raw in (speaking({**SPEC, **spec}, {"a": {**ONE["a"], **tensor}}, data), file(json.dumps(top), data),
                file({**GOOD, "a": top}, data)):
        try:
            finite(raw, Header.of(raw))
        except Malformed as error:
            assert "\n" not in str(error)


@given(edits=st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 255)), min_size=1, max_size=4),
       cut=st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_a_damaged_release_is_refused_or_whole(edits, cut):
    raw = bytearray(RELEASE)
    for place, value in edits:
        raw[place] = value
    try:
        from_bytes(bytes(raw[: len(raw) - cut]))
    except ArenaError as error:
        assert "\n" not in str(error)
    else:
        assert cut == 0


RELEASE = to_bytes(build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(3)))


def damaged_archive(path):
    np.savez(path, a=np.zeros(3))
    path.write_bytes(path.read_bytes()[:-30])


def plain_array(path):
    with path.open("wb") as f:
        np.save(f, np.zeros(3))


@pytest.mark.parametrize("make", [damaged_archive, plain_array, lambda path: path.write_bytes(b""),
                                  lambda path: path.write_bytes(b"PK\x03\x04"),
                                  lambda path: np.savez(path, a=np.array(["text"])),
                                  lambda path: np.savez(path, a=np.array([{}], dtype=object))])
def test_damaged_weights_of_a_backbone_are_one_line(tmp_path, make, network):
    make(tmp_path / "backbone.npz")
    with pytest.raises(ArenaError, match=r"backbone\.npz: not an \.npz of plain arrays") as caught:
        starting.start_from(network, tmp_path / "backbone.npz")
    assert "\n" not in str(caught.value)
