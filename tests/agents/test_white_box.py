"""Marks in the weights: the papers' formulas, the nulls, the attacks on them, and a Verifier who is shown all sorts of
weights."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from agents.attacks.model.morph import Morph
from agents.attacks.model.overwrite import Overwrite
from agents.attacks.theft.average import Average
from agents.policies.rarity_and_work import RarityAndWork
from agents.roles.attacker import Attacker
from agents.roles.owner import Owner
from agents.roles.verifier import Verifier
from agents.schemes.patterns.noise import Noise
from agents.schemes.weights import negative_correlation as corr
from agents.schemes.weights import uchida
from agents.schemes.weights._in_weights import embed_in_weights
from agents.schemes.weights._message import KINDS
from arena.base.errors import ArenaError, Malformed
from arena.game.evidence import Case
from arena.game.messages import Claim, Commitment, Demand, Deployment, Disclosure, Query, Release, Response, Verdict
from arena.game.rarity import Hits, Score, gaussian_rarity
from arena.hosts import codes
from arena.hosts.architecture import Architecture
from arena.hosts.layers import layer_name, mean_filter, weight_of
from arena.hosts.networks import build
from arena.hosts.task import Task
from arena.hosts.weights import to_bytes
from arena.testing import rehearse, small_workshop
from arena.workshop import disclosure
from arena.workshop.loot import Loot

TASK = Task(dataset="digits", network="wide-resnet-narrow", epochs=4, rate=1e-2, schedule="one-cycle", batch=32)


def network(name="wide-resnet-narrow", seed=0, shape=(1, 8, 8)):
    return build(Architecture(name, 10, shape), torch.Generator().manual_seed(seed)).eval()


def test_gaussian_rarity_oracles():
    for statistic, bits in ((4.763, 20), (9.080, 64), (13.056, 128)):
        assert gaussian_rarity(statistic) == pytest.approx(bits, abs=0.01)
    assert gaussian_rarity(4.763, 8) == pytest.approx(17, abs=0.01) and gaussian_rarity(-3) < 0.01
    assert Score(9.08).rarity > 63.9 and Hits(256, 256, 0.5, looks=2).rarity == pytest.approx(255)


def test_sizes_are_the_papers():
    """Table 3: w has 576, 1152, 2304 numbers for k = 4."""
    wide = network("wide-resnet", shape=(3, 32, 32))
    assert [len(mean_filter(weight_of(wide, f"features.conv{g}.second"))) for g in (2, 3, 4)] == [576, 1152, 2304]
    assert layer_name(wide) == "features.conv2.second"
    with pytest.raises(ArenaError, match=r"no convolution .*features\.conv2\.secon"):
        layer_name(wide, "features.conv2.secnd")


def test_the_loss_is_equation_4():
    draw = np.random.default_rng(0)
    weight, x, b = torch.randn(5, 3, 2, 2, dtype=torch.float64), draw.standard_normal((7, 12)), draw.integers(0, 2, 7)
    w = weight.numpy().mean(0).ravel()
    y = 1 / (1 + np.exp(-x @ w))
    expected = -(b * np.log(y) + (1 - b) * np.log(1 - y)).sum()
    assert float(uchida.embedding_loss(weight, torch.from_numpy(x),
                                       torch.from_numpy(b).double())) == pytest.approx(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_projections(kind):
    x = uchida.Key("alice", b"s" * 32, "layer", 64, kind).projection(144)
    other = uchida.Key("eve", b"s" * 32, "layer", 64, kind).projection(144)
    assert x.shape == (64, 144) and x.dtype == np.float32 and not np.array_equal(x, other)
    if kind == "direct":
        assert (np.sort(x, 1)[:, -1] == 1).all() and (x.sum(1) == 1).all() and (x.sum(0) <= 1).all()
    if kind == "diff":
        assert (x.sum(1) == 0).all() and (np.abs(x).sum(1) == 2).all()


def test_the_null_is_a_fair_coin_and_the_statistic_normal():
    """2,000 keys on one fixed w: matches are Binomial(T, 1/2), the zero-bit statistic N(0, 1)."""
    weight = weight_of(network(), "features.conv2.second")
    figures = [uchida.read(uchida.Key("x", i.to_bytes(32, "big"), "features.conv2.second", 32), weight)
               for i in range(2000)]
    matches = np.array([32 - f.errors for f in figures])
    assert abs(matches.mean() - 16) < 4 * np.sqrt(8 / 2000) and abs(matches.var() / 8 - 1) < 0.15
    assert stats.kstest([f.detection for f in figures], "norm").pvalue > 0.001


def test_embedding_in_weights_follows_the_law_of_capacity():
    key = uchida.Key("alice", b"k" * 32, "features.conv2.second", 64)  # M = 144
    host = network()
    errors = {bits: uchida.read(k := replace(key, bits=bits),
                                weight_of(embed_in_weights(copy.deepcopy(host), k, 1e4), k.layer)).errors
              for bits in (64, 144, 216, 360, 432)}
    assert errors[64] == errors[144] == errors[216] == 0 < errors[360] < errors[432]
    moved = embed_in_weights(copy.deepcopy(host), key, 0.0)
    assert torch.allclose(weight_of(moved, key.layer), weight_of(host, key.layer))


def test_codes_correct_eighteen_errors():
    draw = np.random.default_rng(3)
    payload, noise = draw.bytes(16), draw.integers(0, 2, 256, dtype=np.uint8)
    word = codes.protect(payload, noise)
    for wrong in (0, 1, 18):
        damaged = word.copy()
        damaged[draw.permutation(codes.LENGTH)[:wrong]] ^= 1
        assert codes.recover(damaged) == payload
    word[draw.permutation(codes.LENGTH)[:60]] ^= 1
    assert codes.recover(word) != payload


def test_generator_is_the_same_everywhere():
    """Frozen numbers: a key must give the same sequence on every machine."""
    x = corr.Key("alice", b"k" * 32).sequence(0, 1000)
    assert x.dtype == np.float32 and abs(float(x.mean())) < 0.1 and abs(float(x.std()) - 1) < 0.1
    assert np.round(x[:3].astype(float), 4).tolist() == FROZEN


FROZEN = [-0.4069, -0.4915, -0.5034]


def test_correlation_law_and_null():
    host = network()
    wrong = [corr.statistics(corr.regions(host, 1), corr.Key("x", i.to_bytes(32, "big"), regions=1))[0]
             for i in range(300)]
    assert stats.kstest(wrong, "norm").pvalue > 0.001
    for alpha in (0.05, 0.2):
        marked, key = copy.deepcopy(host), corr.Key("alice", b"k" * 32, regions=4)
        (region,) = corr.embed(marked, [key], alpha)
        form, size = corr.kappa(host, 4, region)
        before, after = (corr.statistics(corr.regions(net, 4), key)[region] for net in (host, marked))
        assert before == min(corr.statistics(corr.regions(host, 4), key))
        assert before - after == pytest.approx(alpha * form * np.sqrt(size), abs=1.5)
    untouched = [name for name, p in marked.named_parameters() if torch.equal(p, host.get_parameter(name))]
    assert any("decision" in name for name in untouched) and any("norm" in name for name in untouched)


def test_averaging_copies_divides_the_mark(store):
    """K copies with a mark each: what a mark moved its statistic by is divided by K, and so is everybody else's."""
    shop = small_workshop(store, "alice", TASK)
    plain = network("rose-cnn", shape=(1, 28, 28))
    keys, copies = [corr.Key("alice", b"c" * 32, i, 4) for i in range(4)], []
    for key in keys:
        copies.append(copy.deepcopy(plain))
        corr.embed(copies[-1], [key], 0.1, "round-robin")
    before, alone = (corr.statistics(corr.regions(net, 4), keys[0])[0] for net in (plain, copies[0]))
    names = tuple(shop.save(net) for net in copies[1:])
    for count in (2, 4):
        averaged = Average(count).modify_model(copy.deepcopy(copies[0]), Loot(shop, "attack 1", copies=names))
        after = corr.statistics(corr.regions(averaged, 4), keys[0])[0]
        assert (after - before) / (alone - before) == pytest.approx(1 / count, abs=0.03)
    with pytest.raises(ArenaError, match="averaging 5 copies: the owner sold 4"):
        Average(5).modify_model(copies[0], Loot(shop, "attack 1", copies=names))


def test_an_owner_who_sells_copies_releases_them_all_and_the_thief_gets_them(store):
    shop = small_workshop(store, "alice", TASK)
    owner = Owner(corr.NegativeCorrelation(keys=2, copies=3, alpha=0.1), reference=False)
    said = [e.body for e in rehearse(owner, shop)]
    released = [body.model for body in said if isinstance(body, Release)]
    assert len(set(released)) == 3 and isinstance(said[0], Commitment)
    thief, loot_seen = small_workshop(store, "mallory", TASK), []

    class Spy(Average):
        def modify_model(self, model, loot):
            loot_seen.append(loot.copies)
            return super().modify_model(model, loot)

    rehearse(Attacker([Spy()]), thief, [("alice", body) for body in said if isinstance(body, Release)]
             + [("dora", Release(released[0], "hers"))])
    assert loot_seen == [tuple(released[1:])]
    indices = [key.index for number in range(3) for key in owner.scheme.sisters(owner.scheme.draw_key(shop), number)]
    assert indices == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ArenaError, match="at most 1024 keys"):
        corr.NegativeCorrelation(keys=600, copies=2)


def test_overwriting_puts_the_thief_s_mark_in(store):
    shop = small_workshop(store, "mallory", TASK)
    host = shop.unmarked_host()
    for scheme in (uchida.Uchida(64, strength=0.1), corr.NegativeCorrelation(1, alpha=0.2, regions=1)):
        over = Overwrite(scheme).modify_model(copy.deepcopy(host), Loot(shop, "attack 1"))
        fields = scheme.open_key(scheme.draw_key(shop))
        examination = type(scheme).examine(Claim("mallory", "bob", "service", "any", fields), shop.setting())
        assert examination.score(over).rarity > 30 > 10 > examination.score(host).rarity
    with pytest.raises(ArenaError, match="noise can't be embedded"):
        Overwrite(Noise(5)).modify_model(copy.deepcopy(host), Loot(shop, "attack 1"))


def test_simplex_sequences_sum_to_zero():
    group = [corr.Key("alice", b"k" * 32, i, codebook="simplex").sequence(0, 500) for i in range(16)]
    assert np.abs(np.sum(group, axis=0)).max() < 1e-3 and abs(np.var(group) - 1) < 0.05


@pytest.fixture(scope="module")
def marked(store):
    shop, scheme = small_workshop(store, "alice", TASK), uchida.Uchida(96, strength=0.3)
    key = scheme.draw_key(shop)
    return key, scheme.mark(key, shop)


case_of = lambda verdict: Case.from_data(verdict.case)  # noqa: E731


def judge(key, store, shown, deployed=None, answers=None, reference=None, policy=None, claim=None):
    """The verdict on alice's claim when `shown` (a name in the store, bytes or a network) is disclosed and `deployed`
    answers."""
    shop, victor = small_workshop(store, "victor", TASK), Verifier(policy or RarityAndWork())
    claim = claim or Claim("alice", "mallory", "shop", "uchida", key.fields())
    released = [("alice", Release(shop.save(reference)))] if reference is not None else []
    said = rehearse(victor, shop, [("alice", Commitment(uchida.Uchida.commitment(claim.key, "alice"))), *released,
                                   ("mallory", Deployment("shop")), ("alice", claim)])
    probe, *said = said
    if isinstance(said[0].body, Verdict):
        return said[0].body
    assert [type(e.body) for e in (probe, *said)] == [Query, Query, Demand] and {e.to for e in said} == {"mallory"}
    labels = shop.predict(deployed, said[0].body.images) if answers is None else answers
    name = shown if isinstance(shown, str) else shop.store.put(shown) if isinstance(shown, bytes) else shop.save(shown)
    about = said[0].body.about
    said = rehearse(victor, shop, [("mallory", Response("shop", labels, about)),
                                   ("mallory", Disclosure("shop", name, about))], number=1, first=20)
    assert len(said) == 1
    return said[0].body


def test_the_owner_is_believed_through_a_morphism(marked, store):
    key, host = marked
    verdict = judge(key, store, host, host)
    assert verdict.granted and case_of(verdict).agreement == 1 and case_of(verdict).evidence.rarity == pytest.approx(95)
    moved = Morph().modify_model(copy.deepcopy(host), Loot(small_workshop(store, "mallory", TASK), "attack 1"))
    assert case_of(judge(key, store, moved, moved)).evidence.rarity < 30
    again = judge(key, store, moved, moved, reference=host)
    assert again.granted and case_of(again).evidence.details["realigned"] > 100
    assert case_of(again).evidence.rarity == pytest.approx(95)


def test_another_model_is_caught_with_the_numbers(marked, store):
    key, host = marked
    shop = small_workshop(store, "mallory", TASK)
    other = shop.host(shop.dataset.parts["train"], "another host")
    verdict = judge(key, store, other, host)
    assert (not verdict.granted and not verdict.checks["disclosure"]
            and any("% of the spot checks" in reason for reason in verdict.reasons))


def broken(host, how):
    out = copy.deepcopy(host)
    with torch.no_grad():
        how(out)
    return out


def test_unusable_weights_are_clear_verdicts(marked, store):
    key, host = marked
    nan = broken(host, lambda m: m.features.conv1.weight.view(-1)[0].fill_(float("nan")))
    raw = to_bytes(host)
    for shown, reason in ((nan, "not finite"), (b"nonsense", "not a safetensors"), ("0" * 64, "not in the store"),
                          ("../../etc/passwd", "not in the store"),
                          (to_bytes(network(shape=(1, 12, 12))), "is not what was asked for"),
                          (to_bytes(network("resnet-8")), "doesn't fit these weights"), (raw[:-4], "its tensors take")):
        verdict = judge(key, store, shown, host)
        assert not verdict.granted and not verdict.checks["disclosure"] and reason in verdict.reasons[0], \
            (reason, verdict.reasons)


def test_an_innocent_of_another_network_shows_his_weights_and_keeps_them(marked, store):
    """No room for the key in them is nothing to hold against him; weights that don't answer are."""
    key, host = marked
    shop = small_workshop(store, "mallory", replace(TASK, network="resnet-8"))
    innocent = shop.host(shop.dataset.parts["train"], "a host of another kind")
    verdict = judge(key, store, innocent, innocent, reference=host)
    assert not verdict.granted and "doesn't fit these weights" in verdict.reasons[0], verdict.reasons
    lied = judge(key, store, innocent, host, reference=host)
    assert lied.granted and lied.reasons[0].startswith("granted: adverse: "), lied.reasons


def deepened(host):
    """The same function in ResNet-32 as in ResNet-8: blocks that there were not add nothing, and what was the first
    block of its group, in which the key is read, is the second."""
    deep = network("resnet-32")
    tensors = deep.state_dict()
    for tensor in tensors.values():
        tensor.zero_()
    for name, tensor in host.state_dict().items():
        tensors[name.replace("features.conv2_1.", "features.conv2_2.")].copy_(tensor)
    deep.load_state_dict(tensors)
    return deep.eval()


@pytest.fixture(scope="module")
def residual(store):
    """(key, marked host, a deeper network that answers as it does)."""
    shop = small_workshop(store, "alice", replace(TASK, network="resnet-8"))
    scheme = uchida.Uchida(96, layer="features.conv2_1.second", strength=0.3)
    key = scheme.draw_key(shop)
    host = scheme.mark(key, shop)
    return key, host, deepened(host)


def test_who_puts_a_stolen_model_into_another_network_is_known_by_its_answers(residual, store):
    key, host, deep = residual
    same = judge(key, store, host, host, reference=host)
    assert same.granted and "adverse" not in same.reasons[0]
    verdict = judge(key, store, deep, deep, reference=host)
    assert verdict.granted and "shows weights of another network" in verdict.reasons[0], verdict.reasons
    for policy, reference in ((RarityAndWork(undisclosed="denied"), host), (None, None)):
        verdict = judge(key, store, deep, deep, reference=reference, policy=policy)
        assert not verdict.granted and not verdict.checks["rarity"], verdict.reasons


def test_weights_that_take_too_long_to_ask_are_not_read(residual, store, monkeypatch):
    key, host, deep = residual
    monkeypatch.setattr(disclosure, "MOST_FLOPS", 1e6)
    verdict = judge(key, store, deep, host)
    assert not verdict.granted and "FLOPs an image, more than 1e+06" in verdict.reasons[0], verdict.reasons


@pytest.mark.parametrize("change", [{"network": "mine.py:Net"}, {"network": "resnet-8", "source": "0" * 64},
                                    {"network": "resnet18", "resize": 100_000}, {"network": "resnet18", "resize": -1},
                                    {"network": "timm/resnet18"}, {"shape": (1, 9, 9)}, {"classes": 1},
                                    {"network": "resnet-8", "classes": 10**9}])
def test_no_code_of_a_stranger_is_run_to_read_weights(change):
    task = Architecture("wide-resnet-narrow", 10, (1, 8, 8))
    assert not disclosure._readable(task, replace(task, **change))
    assert disclosure._readable(task, replace(task, network="resnet18", resize=64, classes=12))


def test_a_missing_tensor_is_a_clear_verdict(marked, store):
    import json

    from safetensors.torch import load, save

    key, host = marked
    tensors = load(to_bytes(host))
    tensors.pop("features.conv2.second.weight")
    verdict = judge(key, store, save(tensors, {"arena": json.dumps(host.architecture.as_dict())}), host)
    assert not verdict.granted and "don't fit" in verdict.reasons[0]


def test_keys_for_another_architecture_and_silent_deployers(marked, store):
    key, host = marked
    foreign = Claim("alice", "mallory", "shop", "uchida", replace(key, layer="features.conv9.second").fields())
    assert "doesn't fit these weights" in judge(key, store, host, host, claim=foreign).reasons[0]
    shop, victor = small_workshop(store, "victor", TASK), Verifier(RarityAndWork())
    rehearse(victor, shop,
             [("mallory", Deployment("shop")), ("alice", Claim("alice", "mallory", "shop", "uchida", key.fields()))])
    assert not rehearse(victor, shop, [("mallory", Response("shop", np.zeros(128, np.int64), 1))], number=9, first=5)
    said = rehearse(victor, shop, number=18)
    assert len(said) == 1 and "the weights were not shown" in said[0].body.reasons[0]


@pytest.mark.parametrize("change", [{"seed": b"short"}, {"bits": 0}, {"bits": True}, {"kind": "odd"}, {"layer": 3},
                                    {"code": 1}, {"extra": 1},
                                    {"projection": np.zeros((96, 3), np.float32)}, {"message": np.ones(96, np.uint8)}])
def test_malformed_keys_are_rejected(marked, store, change):
    key, host = marked
    verdict = judge(key, store, host, host, claim=Claim("alice", "mallory", "shop", "uchida",
                                                        {**key.fields(), **change}))
    assert verdict.reasons[0].startswith("rejected") and verdict.checks == {"well-formed": False}


def test_malformed_correlation_keys(store):
    good = corr.Key("alice", b"s" * 32).fields()
    shop = small_workshop(store, "alice")
    where = shop.setting()
    assert corr.Key.read(good, where, claimant="alice") == corr.Key("alice", b"s" * 32)
    for change in ({"seed": 1}, {"index": -1}, {"regions": 0}, {"sign": "up"}, {"codebook": "x"},
                   {"sequence": np.zeros(3, np.float32)}, {"more": 1}):
        with pytest.raises(Malformed):
            corr.Key.read({**good, **change}, where, claimant="alice")


def test_more_bits_than_the_layer_carries_is_a_warning(store):
    with pytest.warns(UserWarning, match="no w satisfies so many"):
        uchida.Uchida(400).draw_key(small_workshop(store, "alice", TASK))


def test_spot_checks_tell_two_good_models_apart(store):
    shop = small_workshop(store, "victor", TASK)
    one, two = (shop.host(shop.dataset.parts["train"], f"host {i}") for i in (1, 2))
    spots = disclosure.blends(shop, "claim 3", 128)
    assert (shop.predict(one, spots) == shop.predict(two, spots)).mean() < 0.85
    clean = shop.dataset.parts["test"].images
    assert (shop.predict(one, clean) == shop.predict(two, clean)).mean() > 0.85
