"""Members drawn by a hash among pairs: what innocents make of them, what the paper's test makes of innocents, who
looks like a thief."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from agents.schemes.triggers._key_samples import some, without
from agents.schemes.triggers.dataset_inference import (
    COPIES,
    LADDER,
    DatasetInference,
    Key,
    MembersExamination,
    between,
    noisy,
    telling,
    withstood,
)
from arena.base.errors import Malformed
from arena.game.messages import Claim
from arena.testing import small_workshop
from arena.testing.rehearsal import SMALL

KEYS, PAIRS = 400, 60


def key(number=0, claimant="alice", images=None, truth=None, least=80, most=250):
    images = np.random.default_rng(1).integers(0, 256, (2 * PAIRS, 1, 4, 4), np.uint8) if images is None else images
    truth = np.arange(2 * PAIRS) // 2 % 10 if truth is None else truth
    return Key(claimant, number.to_bytes(32, "big"), images, truth, least, most, 10)


@pytest.mark.parametrize("odd", [0.0, 0.5])
def test_rarity_keeps_what_it_promises(odd):
    """A model that knows nothing of members, which finds every second image easier or doesn't: at most 2^-r of the keys
    reach r bits."""
    answers = np.random.default_rng(2).random((COPIES, 2 * PAIRS)) < 0.3 + odd * (np.arange(2 * PAIRS) % 2)
    labels = np.where(answers, key().truth, 11).ravel()
    bits = np.array([MembersExamination(key(number), "", key().images).score(labels).rarity for number in range(KEYS)])
    for promised in (1, 2, 3, 5):
        share = 2.0 ** -promised
        assert (bits >= promised).mean() <= share + 3 * np.sqrt(share / KEYS), promised
    assert (bits >= 1).mean() > 0.4


def test_members_hang_on_all():
    first, images, truth = key(), key().images.copy(), key().truth.copy()
    images[-1, 0, 0, 0] ^= 1
    truth[-2:] = (truth[-2:] + 1) % 10
    for changed in (key(1), key(claimant="eve"), key(images=images), key(truth=truth), key(least=81), key(most=251)):
        assert 0.2 < (changed.first == first.first).mean() < 0.8
    assert (first.members.reshape(-1, 2).sum(1) == 1).all()


def test_the_noise_that_tells_is_found():
    """A model that knows images answers them up to 10 steps of the ladder, another up to 6; with less noise both are
    right, with more both wrong."""
    steps, draw = np.arange(len(LADDER))[:, None], np.random.default_rng(4)
    known, new = (steps < end + draw.integers(-3, 4, 200) for end in (10, 6))
    least, most = telling(known, new)
    assert LADDER[3] <= least < LADDER[7] and LADDER[9] <= most <= LADDER[12]
    assert telling(known, known) == (LADDER[0], LADDER[3])  # nothing tells


def test_of_a_pair_one_answer_counts():
    own = key()
    labels = np.where(own.members, own.truth, 11)
    found = MembersExamination(own, "", own.asked).score(np.tile(labels, COPIES))
    assert found.hits == COPIES * PAIRS and found.rarity == pytest.approx(PAIRS)
    assert found.details == {"withheld": 0.0}
    reverse = np.where(own.members, 11, own.truth)
    strangers = MembersExamination(own, "", own.asked).score(np.tile(reverse, COPIES))
    assert strangers.hits == 0 and strangers.rarity == pytest.approx(0)


@pytest.fixture(scope="module")
def played(store):
    shop = small_workshop(store, "alice", replace(SMALL, epochs=16))
    scheme = DatasetInference()
    own = scheme.draw_key(shop)
    claim = Claim("alice", "bob", "service", "dataset-inference", own.fields())
    return shop, scheme, own, scheme.examine(claim, shop.setting())


def test_pairs_are_alike_and_one_of_each_is_withheld(played):
    shop, _, own, _ = played
    one, other = own.truth.reshape(-1, 2).T
    assert (one == other).all() and len(own.images) == 500
    left = without(shop.samples, own.images[~own.members])
    held = {image.tobytes() for image in left.images.numpy()}
    assert all((image.tobytes() in held) == member for image, member in zip(own.images, own.members, strict=True))


def test_the_marked_host_knows_its_own_images_and_others_do_not(played):
    """Who trained on all of them, or on none, is no copy; who was given the members alone looks like one: data is what
    is found."""
    shop, scheme, own, examination = played
    look_alike = small_workshop(shop.store.folder, "bob", replace(SMALL, epochs=16))
    rest = without(shop.samples, own.images)
    alone = without(shop.samples, own.images[~own.members])
    models = {"marked": scheme.mark(own, shop), "all": look_alike.host(shop.samples, "look-alike"),
              "none": look_alike.host(rest, "host of the rest"), "members": look_alike.host(alone, "host of members")}
    bits = {name: examination.score_copy(model, shop).rarity for name, model in models.items()}
    assert bits["marked"] >= 7 and bits["members"] >= 7
    assert bits["all"] < 5 and bits["none"] < 5


def test_the_papers_test_accuses_whom_public_images_are_harder_for(played):
    """Szyller et al.: an owner's images against those that he calls public, by Welch's t-test; here a hash chooses."""
    shop, _, own, _ = played
    innocent = small_workshop(shop.store.folder, "carol", replace(SMALL, epochs=16))
    images, truth = some(shop, len(shop.samples), "images to choose among")
    other = ~np.isin([image.tobytes() for image in images], [image.tobytes() for image in own.images])
    easy, own_class = images[other][:200], truth[other][:200]
    host = innocent.host(without(without(shop.samples, own.images), easy), "host of others' images")

    def stood(which, labels):
        asked = noisy(which, np.random.default_rng(3), between(own.least, own.most))
        return withstood(shop.predict(host, asked), labels)

    assert stats.ttest_ind(stood(easy, own_class), stood(own.images, own.truth), equal_var=False,
                           alternative="greater").pvalue < 0.01
    assert MembersExamination(own, "", own.asked).score_copy(host, shop).rarity < 5


@pytest.mark.parametrize("changed, fault", [
    ({"images": lambda key: key.images[:-1], "truth": lambda key: key.truth[:-1]}, "pairs"),
    ({"truth": lambda key: key.truth[:-1]}, "truth"), ({"truth": lambda key: key.truth + 9}, "truth"),
    ({"seed": lambda key: b"short"}, "seed"), ({"least": lambda key: key.most + 1}, "the least noise"),
    ({"most": lambda key: 501}, "most"), ({"least": lambda key: True}, "least")])
def test_what_is_no_key_is_malformed(played, changed, fault):
    shop, scheme, own, _ = played
    fields = {**own.fields(), **{name: make(own) for name, make in changed.items()}}
    with pytest.raises(Malformed, match=fault):
        scheme.examine(Claim("alice", "bob", "service", "dataset-inference", fields), shop.setting())
