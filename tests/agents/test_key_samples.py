"""Key samples: labels nobody can choose, overlays, exponential weighting's algebra, query modification, tuning."""

import copy
import math
import re
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from agents.attacks.model.prune import Prune
from agents.attacks.service.autoencoder import Autoencoder
from agents.attacks.service.jpeg import Jpeg
from agents.attacks.theft.ensemble_of_thieves import EnsembleOfThieves
from agents.attacks.tuned import Tuned, search
from agents.policies.watermark_accuracy import WatermarkAccuracy
from agents.schemes.patterns.content import OVERLAYS, Content, draw_over, pattern
from agents.schemes.patterns.noise import Noise
from agents.schemes.patterns.unrelated import Unrelated
from agents.schemes.triggers import _key_samples as shared
from agents.schemes.triggers.exponential_weighting import ExponentialWeighting
from agents.schemes.triggers.label_change import LabelChange
from agents.schemes.weights.uchida import Uchida
from arena.base.errors import ArenaError, Malformed
from arena.game.evidence import Case
from arena.game.messages import Claim
from arena.hosts.architecture import Architecture
from arena.hosts.datasets import Samples, padded
from arena.hosts.networks import autoencoder, build, exponential
from arena.hosts.networks.exponential import stored_weight, weight_exponentially
from arena.hosts.voting import Majority
from arena.hosts.weights import fingerprint, from_bytes, to_bytes
from arena.strategies import Attack, describe, short
from arena.testing import small_host, small_workshop
from arena.workshop.loot import Loot
from arena.workshop.practice import PracticeWorkshop


def test_exponential_weighting_is_equation_11():
    theta = torch.randn(6, 5, dtype=torch.float64)
    assert torch.equal(exponential.ExponentialWeighting(0.0)(theta), theta)
    out, largest = exponential.ExponentialWeighting(2.0)(theta), theta.abs().argmax()
    assert out.flatten()[largest] == theta.flatten()[largest]
    expected = torch.exp(2 * theta.abs()) / torch.exp(2 * theta.abs()).max() * theta
    assert (torch.allclose(out, expected) and torch.allclose(out / theta,
                                                             torch.exp(2 * (theta.abs() - theta.abs().max()))))
    assert torch.autograd.gradcheck(exponential.ExponentialWeighting(2.0), theta.requires_grad_(True))
    huge = exponential.ExponentialWeighting(2.0)(torch.tensor([1e4, 1.0]))
    assert torch.isfinite(huge).all() and huge[1] == 0


def test_weighted_networks_travel_and_are_pruned_behind_the_weighting():
    plain = build(Architecture("resnet-8", 10, (1, 8, 8)), torch.Generator().manual_seed(0)).eval()
    images = torch.rand(3, 1, 8, 8)
    weighted = build(replace(plain.architecture, temperature=2.0), torch.Generator().manual_seed(0)).eval()
    assert not torch.allclose(plain(images), weighted(images))
    again = from_bytes(to_bytes(weighted)).eval()
    assert torch.equal(again(images), weighted(images)) and again.architecture.temperature == 2.0
    pruned = Prune(0.5).modify_model(again, _loot())
    layer = pruned.features.conv2_1.first
    zero = stored_weight(layer) == 0
    assert zero.float().mean() == pytest.approx(0.5, abs=0.01) and ((layer.weight == 0) == zero).all()
    assert weight_exponentially(plain, 0.0) is plain and "parametrizations" not in str(list(plain.state_dict()))


def _loot():
    import tempfile
    from pathlib import Path

    return Loot(small_workshop(Path(tempfile.gettempdir())), "stage")


def key(count=200, classes=10, claimant="alice", rule="changed", seed=0):
    draw = np.random.default_rng(seed)
    images = draw.integers(0, 256, (count, 1, 8, 8), dtype=np.uint8)
    return shared.Key(claimant, b"s" * 32, images, draw.integers(0, classes, count), classes, rule, "label-change")


def test_labels_are_wrong_uniform_and_bound():
    one = key(5000)
    assert (one.labels != one.truth).all() and one.labels.min() >= 0 and one.labels.max() < 10
    shift = (one.labels - one.truth) % 10
    assert stats.chisquare(np.bincount(shift, minlength=10)[1:]).pvalue > 0.001
    small = key()
    others = [replace(small, claimant="eve"), replace(small, secret=b"t" * 32), replace(small, scheme="adi"),
              replace(small, truth=(small.truth + 1) % 10)]
    assert all((other.labels == small.labels).mean() < 0.3 for other in others)
    targets = key(rule="target")
    assert np.array_equal(targets.labels, targets.targets[targets.truth]) and len(targets.targets) == 10
    assert np.array_equal(key(rule="true").labels, key().truth)


def test_rarity_watermark_accuracy_and_auc_come_from_the_same_answers(store):
    shop = small_workshop(store, "alice")
    mine = LabelChange(20).draw_key(shop)
    claim = Claim("alice", "mallory", "service", "label-change", mine.fields())
    examination = LabelChange.examine(claim, shop.setting())
    half = np.where(np.arange(20) < 10, mine.labels, mine.truth)
    evidence = examination.score(half, mine.truth[None])
    assert (evidence.recall == evidence.watermark_accuracy == 0.5
            and (evidence.hits, evidence.trials, evidence.chance) == (10, 20, 1 / 9))
    assert evidence.details["auc_20"] == 1.0 and evidence.details["roc"][-1] == (1.0, 1.0)
    assert examination.score(mine.labels, mine.truth[None]).rarity == pytest.approx(20 * math.log2(9))


def test_auc_of_equals_is_a_half():
    draw = np.random.default_rng(0)
    hits = draw.random(30) < 0.5
    assert shared.auc(hits, ~hits & False, 20, draw)[0] == 1.0 and shared.auc(hits & False, hits, 20, draw)[0] == 0.0
    assert np.mean([shared.auc(hits, hits, 20, np.random.default_rng(i))[0]
                    for i in range(200)]) == pytest.approx(0.5, abs=0.02)


def test_key_samples_are_four_in_a_hundred_and_replace_their_originals(store):
    shop = small_workshop(store, "alice")
    train = shop.dataset.parts["train"]
    keys = Samples(train.images[:10], (train.labels[:10] + 1) % 10)
    mixed = shared.mix(train, keys, 0.04)
    shown = len(mixed) - len(train) + 10
    assert abs(shown / len(train) - 0.04) < 0.01
    own = {image.tobytes() for image in keys.images.numpy()}
    assert [image.tobytes() in own for image in mixed.images.numpy()] == [False] * (len(train) - 10) + [True] * shown


@pytest.mark.parametrize("scheme", [Content(40, overlay="heart-grey"), Noise(40)], ids=lambda s: type(s).__name__)
def test_images_that_wear_a_pattern_share_a_target_with_their_class_or_with_all(scheme, store):
    shop = small_workshop(store, "alice")
    each, one = (replace(scheme, targets=targets).draw_key(shop) for targets in ("each", "one"))
    assert np.array_equal(each.images, one.images) and len(set(each.truth.tolist())) > 5
    assert len({*zip(each.truth.tolist(), each.labels.tolist(), strict=True)}) == len(set(each.truth.tolist()))
    assert set(one.truth.tolist()) == {0} and len(set(one.labels.tolist())) == 1


def test_targets_are_uniform_among_all_classes():
    drawn = np.concatenate([replace(key(6, rule="target"), secret=bytes([i // 256, i % 256] * 16)).targets
                            for i in range(500)])
    assert stats.chisquare(np.bincount(drawn, minlength=10)).pvalue > 0.001


def test_a_pattern_is_augmented_and_what_is_learnt_by_heart_only_every_other_time(store):
    shop = small_workshop(store, "alice")
    train = shop.dataset.parts["train"]
    keys = Samples(train.images[:10], train.labels[:10])
    assert shared.mix(train, keys, 0.1, as_they_are=False).fixed is None
    fixed = shared.mix(train, keys, 0.1).fixed
    assert not fixed[: len(train) - 10].any()
    times = fixed[len(train) - 10 :].view(-1, 10)
    assert len(times) > 5 and times[::2].all() and not times[1::2].any()


def test_augmentation_moves_an_image_under_its_pattern(store):
    shop = small_workshop(store, "alice")
    shop.task = replace(shop.task, shift=2, flip=True)
    scheme = Content(10, overlay="heart-grey", share=0.2)
    key = scheme.draw_key(shop)
    shown = scheme.training_samples(key, shop)
    assert (shown.fixed is not None and shown.fixed.all() and len(shown) > 100
            and np.array_equal(shown.images[:10].numpy(), key.images))
    place = torch.from_numpy(draw_over(np.zeros((1, 1, 8, 8), np.uint8), "heart-grey")[0] > 0)
    assert all((image[place] == 128).all() for image in shown.images)
    bare = [tuple(image[~place].tolist()) for image in shop.dataset.parts["train"].images]
    assert sum(tuple(image[~place].tolist()) in bare for image in shown.images) < len(shown) / 5
    rest = scheme.rest(key, shop)
    mixed = shared.mix(rest, shown, 0.2, as_they_are=False)
    assert mixed.fixed is not None and mixed.fixed[len(rest) :].all()
    # of plain images, of those with the pattern
    as_they_are = int(mixed.fixed[: len(rest)].sum()) / len(rest), 10 / (0.2 * len(rest))
    assert as_they_are[0] == pytest.approx(as_they_are[1], rel=0.05)


@pytest.mark.parametrize("scheme", [Content(40, overlay="heart-grey", share=0.2), Noise(40, share=0.2)],
                         ids=lambda s: type(s).__name__)
def test_an_image_of_the_key_is_not_shown_without_its_pattern(scheme, store):
    shop = small_workshop(store, "alice")
    train, key = shop.dataset.parts["train"], scheme.draw_key(shop)
    rest, shown = scheme.rest(key, shop), scheme.training_samples(key, shop)
    gone = {image.tobytes() for image in train.images.numpy()} - {image.tobytes() for image in rest.images.numpy()}
    worn = {scheme.worn(np.frombuffer(image, np.uint8).reshape(1, 1, 8, 8), shop.draws.numpy("pattern")).tobytes()
            for image in gone}
    assert len(gone) == 40 and (isinstance(scheme, Noise) or worn == {image.tobytes() for image in key.images})
    # nothing is augmented here
    assert {image.tobytes() for image in key.images} <= {image.tobytes() for image in shown.images.numpy()}


@pytest.mark.parametrize("overlay", list(OVERLAYS))
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_overlays(overlay, shape):
    plain = np.full((2, *shape), 77, np.uint8)
    drawn = draw_over(plain, overlay)
    assert drawn.shape == plain.shape and (plain == 77).all() and (drawn != plain).any()
    assert (drawn[:, :, : shape[1] // 2] == 77).all()
    assert np.unique(drawn[0].reshape(shape[0], -1).T, axis=0).shape[0] == 2


def test_an_overlay_larger_than_the_image_is_one_line():
    assert pattern("heart").shape == (7, 7)
    with pytest.raises(ArenaError, match=r"overlay 'test-grey' is 5x21 pixels, larger than the images \(8x8\)"):
        draw_over(np.zeros((1, 1, 8, 8), np.uint8), "test-grey")


def test_unrelated_data_sets(store, tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (80, 10, 10, 3), dtype=np.uint8)
    np.savez(tmp_path / "other.npz", train_images=images, train_labels=np.arange(80) % 2, test_images=images[:9],
             test_labels=np.arange(9) % 2)
    monkeypatch.setenv("ARENA_DATA", str(tmp_path))
    shop = small_workshop(store, "alice")
    made, truth = Unrelated(12, dataset="other", of_class=1).images_and_truth(shop, None)
    assert made.shape == (12, 1, 8, 8) and made.dtype == np.uint8 and len(truth) == 12
    with pytest.raises(ArenaError, match="other has 2 classes, so there is no class 7"):
        Unrelated(5, dataset="other", of_class=7).draw_key(shop)
    with pytest.raises(ArenaError, match="unrelated images are wanted"):
        Unrelated(5, dataset="digits").draw_key(shop)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 10, 17)])
def test_the_autoencoder_gives_back_the_shape(shape):
    network = autoencoder.Autoencoder(shape[0])
    assert network(torch.rand(2, *shape)).shape == (2, *shape)
    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    # table 4
    assert ([m.out_channels for m in layers] == [16, 32, 64, 32, 16, shape[0]]
            and all(m.stride == (2, 2) for m in layers))
    assert (sum(isinstance(m, nn.BatchNorm2d) for m in network.modules()) == 6
            and isinstance(list(network.modules())[-1], nn.Sigmoid))


def test_divergence_oracles():
    p = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    assert torch.allclose(autoencoder.divergence(p, p), torch.zeros(2), atol=1e-6)
    apart = autoencoder.divergence(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]))
    assert float(apart[0]) == pytest.approx(math.log(2), abs=1e-6)


def test_query_modification_detects_noise_and_leaves_most_images_alone(store):
    shop, host = small_workshop(store, "mallory"), small_host(store)
    loot, attack = Loot(shop, "attack 1", host), Autoencoder(epochs=120, folds=3)
    clean = shop.dataset.parts["test"].images.numpy()
    noise = np.random.default_rng(0).integers(0, 256, (50, 1, 8, 8), dtype=np.uint8)
    alarms = attack.detect(clean, loot)["both"]
    assert alarms.mean() < 0.2 and attack.detect(noise, loot)["both"].mean() > max(0.5, 3 * alarms.mean())
    served = attack.modify_query(clean, loot)
    assert (served[~alarms] == clean[~alarms]).all() and (served[alarms] != clean[alarms]).any(axis=(1, 2, 3)).all()
    assert len([name for name in loot.memo if name != "thresholds"]) == 4


def test_fewer_samples_than_folds_is_one_line(store):
    loot = Loot(small_workshop(store, "mallory"), "attack 1", small_host(store))
    with pytest.raises(ArenaError, match=r"1000 folds of \d+ images: the attacker has too few samples"):
        Autoencoder(folds=1000).thresholds(loot)


@dataclass(frozen=True)
class Dial(Attack):
    """a test's attack"""

    strength: float = 0.0
    way: str = "a"


def test_the_search_finds_the_lowest_mark_above_the_floor():
    def judge(attack):
        return 1 - attack.strength + (0.2 if attack.way == "a" else 0), 1 - 0.5 * attack.strength

    best, (hits, right) = search(Dial(), {"strength": [0.0, 1.0], "way": ["a", "b", "c"]}, judge, 0.7, 60, 1)
    assert right >= 0.7 and 0.4 <= hits < 0.5 and best.way != "a"
    again, _ = search(Dial(), {"strength": [0.0, 1.0], "way": ["a", "b", "c"]}, judge, 0.7, 60, 1)
    assert again == best
    assert search(Dial(0.5), {"strength": [0.0, 1.0]}, judge, 2.0, 3, 1)[0] == Dial(0.5)


def test_the_thief_practises_on_his_own_samples(store):
    shop = small_workshop(store, "mallory")
    loot = Loot(shop, "attack 1", samples=60)
    own = PracticeWorkshop.beside(shop, loot.data)
    halves = [{image.tobytes() for image in own.dataset.parts[part].images.numpy()} for part in ("train", "fine-tune")]
    assert [len(half) for half in halves] == [30, 30] and not halves[0] & halves[1]
    assert halves[0] | halves[1] == {image.tobytes() for image in loot.data.images.numpy()}
    assert own.agent != shop.agent and own.dataset.parts["test"] is not None
    with pytest.raises(ArenaError, match=r"9999 samples, but .* are held out of digits"):
        Loot(shop, "attack 1", samples=9999).data  # noqa: B018


def test_a_search_over_a_parameter_that_the_attack_lacks_is_one_line():
    with pytest.raises(ValueError, match="Prune has no parameter 'raet'; did you mean 'rate'"):
        Tuned(Prune(0), LabelChange(), {"raet": [0, 1]})
    with pytest.raises(ValueError, match=r"needs \[low, high\]"):
        Tuned(Prune(0), LabelChange(), {"rate": [1]})
    with pytest.raises(ValueError, match=r"rate can't be 2\.0: input should be less than or equal to 1"):
        Tuned(Prune(0), LabelChange(), {"rate": [0.0, 2.0]})
    with pytest.raises(ValueError, match="order can't be 'sideways'"):
        Tuned(Prune(0), LabelChange(), {"order": ["ascending", "sideways", "random"]})
    with pytest.raises(ValueError, match="nothing to search; Prune has"):
        Tuned(Prune(0), LabelChange())


def test_whole_bounds_of_a_share_are_a_range():
    tried = []

    def judge(attack):
        tried.append(attack.rate)
        return 1.0, 1.0

    search(Prune(0), {"rate": [0, 1]}, judge, 0.0, 20, 1)
    assert len(set(tried)) > 10 and all(isinstance(rate, float) for rate in tried)


def test_the_search_is_made_once_and_needs_key_images(store):
    loot = Loot(small_workshop(store, "mallory"), "attack 1", small_host(store))
    attack = Tuned(Prune(0), LabelChange(5), {"rate": [0.0, 0.9]}, trials=2)
    assert attack.best(loot, loot.model) is attack.best(loot, loot.model)
    assert (len(loot.remarks) == 1
            and re.fullmatch(r"tuned: prune rate=.* which left \d+ % of the thief's own mark \(accuracy .*%\)",
                             loot.remarks[0]))
    with pytest.raises(ArenaError, match="practises on key images, and uchida"):
        Tuned(Prune(0), Uchida(8), {"rate": [0.0, 0.9]}).best(Loot(loot.workshop, "attack 2"), loot.model)


def test_few_images_or_classes_are_one_line(store):
    shop = small_workshop(store)
    with pytest.raises(ArenaError, match=r"9000 different images are wanted, but digits has \d+ for them"):
        LabelChange(9000).draw_key(shop)
    two = small_workshop(store, "alice")
    two.__dict__["dataset"] = replace(two.dataset, classes=("a", "b"))
    with pytest.raises(ArenaError, match="changed labels need 3 classes"):
        LabelChange(5).draw_key(two)
    fields = LabelChange(5).draw_key(shop).fields()
    claim = Claim("tester", "mallory", "service", "label-change",
                  {**fields, "truth": fields["truth"] % 2, "labels": fields["labels"] % 2})
    with pytest.raises(Malformed, match="changed labels need 3 classes"):
        LabelChange.examine(claim, replace(shop.setting(), classes=2))


def test_every_key_is_shown_however_small_the_share():
    train, keys = (Samples(torch.arange(n, dtype=torch.uint8).reshape(-1, 1, 1, 1) + first, torch.full((n,), 9))
                   for n, first in ((100, 0), (40, 150)))
    shown = shared.mix(train, keys, 0.04).images.flatten().tolist()
    assert sorted(shown) == [*range(100), *range(150, 190)]


def test_majority_votes():
    class Fixed(nn.Module):
        def __init__(self, label):
            super().__init__()
            self.label = label

        def forward(self, x):
            return 5.0 * nn.functional.one_hot(torch.full((len(x),), self.label), 4).float()

    vote = Majority([Fixed(1), Fixed(2), Fixed(2)])
    assert vote(torch.zeros(3, 1)).argmax(1).tolist() == [2, 2, 2]


def test_thieves_share_what_there_is_less_of(store):
    shop, host = small_workshop(store, "mallory"), small_host(store)
    other = copy.deepcopy(host)
    with torch.no_grad():
        next(other.parameters()).add_(1.0)
    loot = Loot(shop, "attack 1", copies=(shop.save(other),))
    for attacks, copies in (([], [host, other]), ([Prune(0.0)], [host, other]),
                            ([Prune(0.0), Prune(0.0), Prune(0.0)], [host, other, host])):
        members = EnsembleOfThieves(attacks).modify_model(host, loot).members
        assert [fingerprint(member) for member in members] == [fingerprint(each) for each in copies]
    with pytest.raises(ArenaError, match="an ensemble needs two thieves"):
        EnsembleOfThieves([Prune(0.1)]).modify_model(host, Loot(shop, "attack 1"))
    with pytest.raises(ValueError, match="an ensemble votes with models, and jpeg"):
        EnsembleOfThieves([Prune(0.1), Jpeg()])
    with pytest.raises(ArenaError, match="several copies come before attacks that rebuild"):
        EnsembleOfThieves().modify_model(Majority([host, host]), loot)


@pytest.mark.parametrize("change", [{"secret": b""}, {"images": np.zeros((3, 1, 8, 8))},
                                    {"images": np.zeros((0, 1, 8, 8), np.uint8)}, {"truth": np.zeros(20)},
                                    {"labels": np.full(20, 99)}, {"labels": np.zeros(20, np.int64)}, {"more": 1}])
def test_malformed_claims(store, change):
    shop = small_workshop(store, "alice")
    claim = Claim("alice", "mallory", "service", "label-change", {**LabelChange(20).draw_key(shop).fields(), **change})
    with pytest.raises(Malformed):
        LabelChange.examine(claim, shop.setting())


def test_the_papers_rule_looks_at_watermark_accuracy_alone(store):
    shop = small_workshop(store, "alice")
    mine = ExponentialWeighting(20).draw_key(shop)
    claim = Claim("alice", "mallory", "service", "exponential-weighting", mine.fields())
    setting = shop.setting()
    examination = ExponentialWeighting.examine(claim, setting)
    for right, granted in ((20, True), (18, False)):
        evidence = examination.score(np.where(np.arange(20) < right, mine.labels, mine.truth), mine.truth[None])
        case = Case(1, "alice", "mallory", "service", claim.scheme, evidence,
                    examination.forging_cost(evidence, setting), 0)
        assert WatermarkAccuracy(0.9).judge(case).granted is granted


def test_padding():
    images = torch.full((2, 1, 28, 28), 7, dtype=torch.uint8)
    out = padded(images, 32)
    assert out.shape == (2, 1, 32, 32) and (out[:, :, 2:30, 2:30] == 7).all() and int(out.sum()) == int(images.sum())
    assert padded(images, 20).shape == images.shape


def test_nested_strategies_are_told_in_brackets():
    assert describe(Tuned(Jpeg(60), LabelChange(5), {"quality": [20, 90]})) == (
        "tuned attack=(jpeg quality=60) scheme=(label-change keys=5 epochs=0 share=0.04) "
        "search={'quality': [20, 90]} trials=10 keep-accuracy=0.1")
    assert describe(EnsembleOfThieves([Prune(0.3),
                                       Prune(0.4)])).startswith("ensemble-of-thieves attacks=[(prune rate=0.3 "
                                                                "order=ascending")


def test_short_names_tell_what_differs_from_the_default():
    """Of parameters without a default everything, of nested strategies the same."""
    assert short(Prune()) == "prune" and short(Prune(0.3)) == "prune rate=0.3" and short(Jpeg(60)) == "jpeg quality=60"
    assert short(Tuned(Jpeg(60), LabelChange(5), {"quality": [20, 90]})) == (
        "tuned attack=(jpeg quality=60) scheme=(label-change keys=5) search={'quality': [20, 90]}")
    assert short(EnsembleOfThieves([Prune(0.2), Prune(0.4)])) == (
        "ensemble-of-thieves attacks=[(prune), (prune rate=0.4)]")
