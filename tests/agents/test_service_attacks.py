"""What attacks on queries do to images whose answer is known, and those on answers to answers."""

import numpy as np
import pytest

from agents.attacks.service.input_noise import InputNoise
from agents.attacks.service.mirror import Mirror
from agents.attacks.service.occlude import Occlude
from agents.attacks.service.perturb import Perturb
from agents.attacks.service.smooth import Smooth
from agents.attacks.service.squeeze import Squeeze
from agents.attacks.service.withhold import Withhold
from agents.roles.attacker import Attacker
from arena.base.errors import ArenaError
from arena.game.messages import Query, Release, Response
from arena.strategies import Attack
from arena.strategies.returned import modified_answers
from arena.testing import rehearse, small_host, small_workshop
from arena.workshop.loot import Loot


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (20, 3, 16, 16), dtype=np.uint8)


@pytest.mark.parametrize("by", ["mean", "median", "gaussian"])
def test_smoothing_leaves_flat_images_and_takes_a_grain_away(by, loot):
    flat = np.full((1, 1, 9, 9), 100, np.uint8)
    assert np.array_equal(Smooth(by).modify_query(flat, loot), flat)
    grain = flat.copy()
    grain[0, 0, 4, 4] = 190
    middle = int(Smooth(by).modify_query(grain, loot)[0, 0, 4, 4])
    assert middle == {"mean": 110, "median": 100}.get(by, middle) and middle < 130


def test_the_mean_of_a_window_is_its_mean(loot, images):
    smooth = Smooth("mean", 3).modify_query(images, loot)
    assert smooth[2, 1, 5, 7] == round(images[2, 1, 4:7, 6:9].mean())


def test_noise_has_its_spread_and_hangs_on_the_image_alone(loot):
    grey = np.random.default_rng(2).integers(120, 136, (50, 1, 16, 16), dtype=np.uint8)
    grey[1] = grey[0]
    noisy = InputNoise(0.1).modify_query(grey, loot)
    noise = noisy.astype(float) - grey
    assert noise.std() == pytest.approx(25.5, rel=0.05) and abs(noise.mean()) < 1
    assert np.array_equal(noise[0], noise[1]) and not np.array_equal(noise[0], noise[2])
    assert np.array_equal(InputNoise(0.1).modify_query(grey[::-1], loot)[::-1], noisy)


def test_two_stages_draw_other_noise(loot, images):
    other = Loot(loot.workshop, "attack 2")
    assert not np.array_equal(InputNoise(0.2).modify_query(images, loot), InputNoise(0.2).modify_query(images, other))


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_squeezing_leaves_so_many_shades_and_the_ends(bits, loot):
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    out = Squeeze(bits).modify_query(ramp, loot)
    assert len(np.unique(out)) == 2**bits and out.min() == 0 and out.max() == 255
    assert np.abs(out.astype(int) - ramp).max() <= 255 / (2**bits - 1) / 2 + 1
    assert np.array_equal(Squeeze(bits).modify_query(out, loot), out)


@pytest.mark.parametrize("along", ["left-right", "up-down"])
def test_mirrored_twice_is_as_it_was(along, loot, images):
    once = Mirror(along).modify_query(images, loot)
    assert not np.array_equal(once, images) and np.array_equal(Mirror(along).modify_query(once, loot), images)
    assert np.array_equal(once[0, 0, 3], images[0, 0, 3][::-1]) if along == "left-right" else True


@pytest.mark.parametrize(("share", "side"), [(0, 0), (0.25, 4), (1, 16)])
def test_occlusion_covers_exactly_a_square(share, side, loot, images):
    changed = (Occlude(share).modify_query(images, loot) != images).any(1)
    rows, columns = changed.any(2).sum(1), changed.any(1).sum(1)
    assert set(rows.tolist()) == set(columns.tolist()) == {side}


def test_squares_lie_in_different_places(loot, images):
    changed = (Occlude(0.25).modify_query(images, loot) != images).any((1, 3))
    assert len({row.argmax() for row in changed}) > 5


def said(sure, count=400):
    """Answers of five classes of which the likeliest, by turns, has so much, and the next class half of the rest."""
    out = np.full((count, 5), (1 - sure) / 6, np.float32)
    first = np.arange(count) % 5
    out[np.arange(count), first] = sure
    out[np.arange(count), (first + 1) % 5] = (1 - sure) / 2
    return out


@pytest.fixture
def asked():
    return np.random.default_rng(3).integers(0, 256, (400, 1, 8, 8), dtype=np.uint8)


@pytest.mark.parametrize("rate", [0, 0.2, 1])
def test_a_share_of_the_answers_is_another_class(rate, loot, asked):
    before = said(0.7)
    after = Perturb(rate).modify_answers(before, asked, loot)
    changed = after.argmax(1) != before.argmax(1)
    assert changed.mean() == pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / 400))
    assert np.array_equal(after[~changed], before[~changed])
    assert rate == 0 or {*(after.argmax(1) - before.argmax(1))[changed] % 5} == {1, 2, 3, 4}


def test_one_question_is_always_answered_alike(loot, asked):
    once = Perturb(0.5).modify_answers(said(0.7), asked, loot)
    again = Perturb(0.5).modify_answers(said(0.7)[[7, 7]], asked[[7, 7]], loot)
    assert np.array_equal(again[0], again[1]) and np.array_equal(again[0] == 1, (once[7] == 1))
    other = Perturb(0.5).modify_answers(said(0.7), asked, Loot(loot.workshop, "attack 2"))
    assert not np.array_equal(once, other)


def test_what_the_model_is_sure_of_is_sold(loot, asked):
    before = np.concatenate([said(0.95, 200), said(0.6, 200)])
    after = Withhold(0.9).modify_answers(before, asked, loot).argmax(1)
    assert np.array_equal(after[:200], before[:200].argmax(1))
    assert np.array_equal(after[200:], (before[200:].argmax(1) + 1) % 5)
    drawn = Withhold(0.9, "random").modify_answers(before, asked, loot).argmax(1)[200:]
    assert 0.1 < (drawn == before[200:].argmax(1)).mean() < 0.3, "a class in five is the likeliest by chance"


def test_a_service_sells_what_its_attacks_on_answers_leave(store):
    shop = small_workshop(store, "mallory")
    attacker, images = Attacker([Perturb(1)]), shop.dataset.parts["test"].images[:50].numpy()
    model = shop.save(small_host(store))
    said = rehearse(attacker, shop, [("alice", Release(model, "a host")), ("bob", Query("mallory's service", images))])
    labels, = (envelope.body.labels for envelope in said if isinstance(getattr(envelope, "body", None), Response))
    assert not (labels == shop.predict(small_host(store), images)).any()
    assert [stage.name.split()[0] for stage in attacker._stages] == ["stolen", "perturb"]


@pytest.mark.parametrize("wrong", [None, [1, 2], np.zeros((4, 5)), np.zeros((3, 5), np.float32),
                                   np.full((4, 5), np.nan, np.float32), np.zeros(4, np.int64)], ids=str)
def test_what_an_attack_makes_of_answers_is_checked(wrong, loot, asked):
    class Odd(Attack):
        """odd"""

        def modify_answers(self, answers, images, loot):
            return wrong

    with pytest.raises(ArenaError, match=r"Odd\.modify_answers must give finite float32 \(N, classes\)"):
        modified_answers(Odd(), said(0.5, 4), asked[:4], loot)
