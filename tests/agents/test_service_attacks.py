"""What attacks on queries do to images whose answer is known."""

import numpy as np
import pytest

from agents.attacks.service.input_noise import InputNoise
from agents.attacks.service.mirror import Mirror
from agents.attacks.service.occlude import Occlude
from agents.attacks.service.smooth import Smooth
from agents.attacks.service.squeeze import Squeeze
from arena.testing import small_workshop
from arena.workshop.loot import Loot


@pytest.fixture
def loot(store):
    return Loot(small_workshop(store, "mallory"), "attack 1")


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
