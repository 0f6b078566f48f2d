"""Keys: a claim's images with what is true, claimed and answered."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from arena.game.messages import Claim, Query, Response
from arena.match.result import MarkRecord
from arena.report.panels.run import keys
from arena.testing import small_workshop
from tests.arena.report.panels.shape import Shape, same_shape

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 1, 8, 8), np.uint8)
LABELS = np.array([1, 2, 3, 4, 5])
HOLLOW = IMAGES[:, :, :0]
"""Five images without a pixel."""


def exchange(key, images=IMAGES, answers=LABELS, claimant="alice", deployer="mallory", first=0):
    """A claim with number `first`, the verifier's question about it, the answer."""
    return [
        (claimant, "victor", Claim(claimant, deployer, "shop", "rose", key)),
        ("victor", "mallory", Query("shop", images, first)),
        ("mallory", "victor", Response("shop", answers, first)),
    ]


def test_it_applies_where_images_were_asked(run_of):
    key = {"images": IMAGES, "labels": LABELS}
    assert keys.applies(run_of(exchange(key)))
    assert not keys.applies(run_of(exchange(key)[:2])) and not keys.applies(run_of(exchange(key)[:1]))
    assert not keys.applies(run_of()) and not keys.applies(run_of(exchange({"seed": b"x" * 32})))


@pytest.mark.parametrize(
    "key",
    [
        {"images": IMAGES},
        {"labels": LABELS},
        {"images": IMAGES.astype(float), "labels": LABELS},
        {"images": IMAGES.reshape(5, 64), "labels": LABELS},
        {"images": IMAGES, "labels": LABELS[:4]},
        {"images": IMAGES, "labels": LABELS.reshape(5, 1)},
        {"images": IMAGES, "labels": LABELS.astype(float)},
        {"images": IMAGES.reshape(5, 4, 4, 4), "labels": LABELS},
        {"images": IMAGES.reshape(5, 64, 1, 1), "labels": LABELS},
        {"images": IMAGES[:0], "labels": LABELS[:0]},
        {"images": HOLLOW, "labels": LABELS},
        {"images": IMAGES.view(np.int8), "labels": LABELS},
        {"images": "all of them", "labels": [1, 2]},
        {"images": IMAGES + 5, "labels": LABELS},
    ],
)
def test_what_is_no_key_with_images_costs_nobody_his(run_of, key):
    asked = key["images"] if key.get("images") is HOLLOW else IMAGES
    odd = exchange(key, asked)
    good = exchange({"images": IMAGES, "labels": LABELS}, first=len(odd))
    assert not keys.applies(run_of(odd))
    assert [(shown.number, shown.hits) for shown in keys.shown(run_of([*odd, *good]))] == [(3, 5)]


def test_answers_are_found_among_other_images_in_any_order(run_of):
    """A verifier asks a key's images shuffled among ordinary ones."""
    others = 255 - IMAGES
    mixed = np.concatenate([others, IMAGES])
    order = np.random.default_rng(1).permutation(10)
    answers = np.concatenate([np.full(5, 9), [1, 0, 3, 0, 5]])
    shown, = keys.shown(run_of(exchange({"images": IMAGES, "labels": LABELS}, mixed[order], answers[order])))
    assert [image.answer for image in shown.images] == [1, 0, 3, 0, 5] and shown.hits == 3 and shown.count == 5
    assert [image.match for image in shown.images] == [True, False, True, False, True]


def test_pictures_are_the_claims_pixels(run_of):
    shown, = keys.shown(run_of(exchange({"images": IMAGES, "labels": LABELS})))
    for picture, image in zip(shown.images, IMAGES, strict=True):
        assert (np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.png)))) == image[0]).all()
    colour = np.random.default_rng(2).integers(0, 256, (5, 3, 8, 8), np.uint8)
    shown, = keys.shown(run_of(exchange({"images": colour, "labels": LABELS}, colour)))
    assert (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.images[4].png)))) == colour[4].transpose(1, 2, 0)
    ).all()


def test_the_best_first_and_all_images_that_fit(run_of):
    many = np.random.default_rng(3).integers(0, 256, (25, 1, 8, 8), np.uint8)
    worse = exchange({"images": IMAGES, "labels": LABELS + 1})
    better = exchange({"images": many, "labels": np.zeros(25, int)}, many, np.zeros(25, int), "eve", first=3)
    run = run_of(
        [*worse, *better], cast={"alice": "owner", "eve": "usurper", "mallory": "attacker", "victor": "verifier"}
    )
    html = keys.draw(run)
    assert [(key.claimant, key.hits) for key in keys.shown(run)] == [("eve", 25), ("alice", 0)]
    assert Shape(html).count("img") == 25 + 5 and html.count("<details open>") == 1
    text = " ".join(Shape(html).text.split())
    assert "eve on mallory (claim 3): 25 of 25 answered as claimed" in text and "shown" not in text
    assert "alice on mallory (claim 0): 0 of 5 answered as claimed" in text
    assert html.count('class="trigger hit"') == 25


def test_the_owners_key_stands_first_and_every_image_says_whose_it_is(run_of, monkeypatch):
    forged = exchange({"images": IMAGES, "labels": LABELS}, claimant="eve")
    own = exchange({"images": IMAGES, "labels": LABELS + 1}, first=3)
    cast = {"alice": "owner", "eve": "usurper", "mallory": "attacker", "victor": "verifier"}
    run = run_of([*forged, *own], cast=cast, marks=(MarkRecord("alice", 9.0, "5 of 5"),))
    assert [(key.claimant, key.hits) for key in keys.shown(run)] == [("alice", 0), ("eve", 5)]
    html = keys.draw(run)
    assert all(f"image {n} of {who}'s key" in html for n in range(1, 6) for who in ("alice", "eve"))
    monkeypatch.setattr(keys, "SHOWN", 3)
    assert "the first 3 shown" in " ".join(Shape(keys.draw(run)).text.split())


def test_true_labels_are_those_of_the_data_set(run_of, tmp_path):
    """An image of the task's data has its label, one of which a pixel was changed has none."""
    part = small_workshop(tmp_path / "store", "alice").dataset.parts["test"]
    images, true = part.images[:5].numpy().copy(), part.labels[:5].tolist()
    images[4, 0, 0, 0] ^= 1
    task = {"dataset": "digits", "network": "digits-cnn", "epochs": 1}
    scenario = {"title": "by hand", "seed": 7, "task": task}
    shown, = keys.shown(run_of(exchange({"images": images, "labels": LABELS}, images), scenario=scenario))
    assert [image.true for image in shown.images] == [*map(str, true[:4]), "-"]
    (shown,) = keys.shown(
        run_of(exchange({"images": images, "labels": LABELS}, images), scenario={"title": "no task", "task": {}})
    )
    assert {image.true for image in shown.images} <= {"-", *map(str, true)}


def test_hostile_words(run_of):
    def draw(text):
        cast = {text: "owner", "mallory": "attacker", "victor": "verifier"}
        return keys.draw(
            run_of(exchange({"images": IMAGES, "labels": LABELS}, claimant=text, deployer=text), cast=cast)
        )

    same_shape(draw)
