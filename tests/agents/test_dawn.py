"""A service whose answers a keyed hash changes: what it answers, the null, who chooses what counts, and surrogates."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.attacks.theft.distill import Distill
from agents.attacks.theft.knockoff import Knockoff
from agents.schemes.triggers.dawn import Dawn, Key
from arena.base.errors import Malformed
from arena.game.messages import Claim
from arena.hosts.networks.hashed import digest_of, drawn, swapped
from arena.hosts.training import to_input
from arena.hosts.weights import from_bytes, to_bytes
from arena.testing import small_workshop
from arena.testing.rehearsal import SMALL
from arena.workshop.loot import Loot

KEYS, COUNT = 400, 60


@pytest.fixture(scope="module")
def pool():
    return np.random.default_rng(1).integers(0, 256, (3 * COUNT, 1, 4, 4), dtype=np.uint8)


def key(pool, number=0, classes=10, claimant="alice", keys=COUNT):
    return Key.of(claimant, number.to_bytes(32, "big"), pool, keys, classes)


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("answering", ["one class", "all classes"])
def test_hits_are_binomial_whatever_is_answered(pool, classes, answering):
    """Answers hang on the image, which triggers there are on the key. 400 keys: the mean n / c, the variance of a
    binomial law."""
    answers = {image.tobytes(): place % classes * (answering == "all classes") for place, image in enumerate(pool)}
    hits = [sum(answers[image.tobytes()] == label for image, label in zip(one.images, one.labels, strict=True))
            for one in (key(pool, number, classes) for number in range(KEYS))]
    variance = COUNT / classes * (1 - 1 / classes)
    assert abs(np.mean(hits) - COUNT / classes) < 4 * np.sqrt(variance / KEYS)
    assert 0.7 < np.var(hits) / variance < 1.35


def test_all_hangs_on_all(pool):
    first, other = key(pool), pool.copy()
    other[-1, 0, 0, 0] ^= 1
    for changed in (key(pool, 1), key(pool, claimant="eve"), key(other), key(pool, keys=COUNT - 1)):
        assert len(set(map(bytes, changed.images)) & set(map(bytes, first.images))) < 0.6 * COUNT
        assert (changed.labels[:59] == first.labels[:59]).sum() < 20


def test_greatest_and_wanted_change_places():
    logits = torch.tensor([[3.0, 1, 2], [0, 5, 1], [7, 8, 9]], requires_grad=True)
    out = swapped(logits, torch.tensor([0, 2]), torch.tensor([1, 2]))
    assert out.tolist() == [[1, 3, 2], [0, 5, 1], [7, 8, 9]]
    out[0].square().sum().backward()
    assert logits.grad.tolist() == [[6, 2, 4], [0, 0, 0], [0, 0, 0]]


@pytest.fixture(scope="module")
def played(store):
    """A workshop, its key, the host as it was and as a service, and how claims are read."""
    shop, scheme = small_workshop(store, "alice", replace(SMALL, epochs=6)), Dawn()
    own = scheme.draw_key(shop)

    def examined(fields, claimant="alice"):
        return scheme.examine(Claim(claimant, "bob", "service", "dawn", fields), shop.setting())

    return shop, own, shop.unmarked_host(), scheme.mark(own, shop), examined


def test_the_service_changes_so_many_and_no_others(played):
    shop, own, plain, service, examined = played
    assert len(own.images) == 12 and (shop.predict(service, own.images) == own.labels).all()
    assert examined(own.fields()).score_copy(service, shop).hits == 12
    assert examined(own.fields()).score_copy(plain, shop).hits < 6
    pool = shop.samples.images.numpy()
    changed = shop.predict(service, pool) != shop.predict(plain, pool)
    assert {bytes(image) for image in pool[changed]} <= {bytes(image) for image in own.images}
    noise = np.random.default_rng(2).integers(0, 256, (10_000, *own.images.shape[1:]), dtype=np.uint8)
    expected = len(noise) * int.from_bytes(own.service[-8:], "big") / 2**64 * 0.9
    assert abs((shop.predict(service, noise) != shop.predict(plain, noise)).sum() - expected) < 5 * np.sqrt(expected)


def test_the_same_image_is_answered_alike_by_whoever_has_the_service(played):
    """Floats that round to it, and the network from its bytes; while it trains a network is as it was."""
    shop, own, plain, service, _ = played
    images = to_input(torch.from_numpy(own.images.copy()), shop.device)
    dust = (torch.rand(images.shape, generator=torch.Generator().manual_seed(0)) - 0.5) * 0.9 / 255
    again = from_bytes(to_bytes(service)).eval()
    with torch.no_grad():
        assert (service((images + dust).clamp(0, 1)).argmax(1).numpy() == own.labels).all()
        assert torch.equal(again(images), service(images))
        assert torch.equal(plain.train()(images), service.train()(images))
    plain.eval(), service.eval()


def test_who_may_choose_what_counts_forges_for_free_and_so_nobody_may(played):
    """The classes of a hash for each image alone: who picks those drawn the true one has a key that fits every innocent
    host. The list decides the hash, so its classes are drawn again. Triggers that are left out, others in their place
    and a list that names one twice are refused."""
    shop, own, plain, _, examined = played
    pool, truth = (part.numpy() for part in (shop.samples.images, shop.samples.labels))
    alone = np.array([drawn(own.secret, digest_of(image), own.classes)[1] for image in pool])
    picked = pool[alone == truth][:40]
    assert (shop.predict(plain, picked) == alone[alone == truth][:40]).mean() > 0.9
    fitted = Key.of("alice", own.secret, picked, 40, own.classes)
    assert examined(fitted.fields()).score(shop.predict(plain, fitted.images)).hits < 14

    fields, answers = own.fields(), shop.predict(plain, own.images)
    right = answers == own.labels
    for images in (own.images[right], own.images[~right], own.images[1:], own.images[::-1].copy(), pool[:12]):
        with pytest.raises(Malformed, match="images must be"):
            examined({**fields, "images": images})
    with pytest.raises(Malformed, match="different images"):
        examined({**fields, "expected": np.concatenate([own.expected, own.expected[:1]])})
    with pytest.raises(Malformed):
        examined(fields, "eve")


def test_who_leaves_expected_images_out_has_to_grind(played):
    """A list without some image is another key, and one of 512: nine bits, and that is their price."""
    shop, own, plain, _, examined = played
    pool = shop.samples.images.numpy()[:200]
    tries = [Key.of("alice", own.secret, np.delete(pool, [a, b], 0), 40, own.classes)
             for a in range(23) for b in range(a)]
    found = [examined(one.fields()).score(shop.predict(plain, one.images)) for one in tries]
    best = max(found, key=lambda evidence: evidence.rarity)
    assert 4 < best.rarity < 16
    assert examined(own.fields()).forging_cost(best, shop.setting()).cheapest > best.rarity + 11


def test_a_surrogate_learns_what_it_asked(played):
    """Of the expected images nearly all changed answers; of others none."""
    shop, own, _, service, examined = played
    loot = Loot(shop, "attack 1")
    surrogate = Knockoff("digits", queries=len(shop.samples), epochs=20).modify_model(service, loot)
    assert not surrogate.architecture.hashed
    assert examined(own.fields()).score_copy(surrogate, shop).hits >= 10
    assert shop.accuracy(surrogate) > shop.accuracy(service) - 0.02
    stranger = Distill(20).modify_model(service, loot)
    assert not stranger.architecture.hashed and examined(own.fields()).score_copy(stranger, shop).hits < 6
