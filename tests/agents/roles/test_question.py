"""How a Verifier's images lie among a customer's, and how a stock of ordinary ones is used up."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from agents.roles._question import QUESTIONS, Customers, Question
from tests.agents.roles.stand_ins import Shop, images_of

SERVICE = ("mallory", "shop")
PLACES = {"key": np.array([3, 1]), "ordinary": np.array([4, 0, 2])}
QUESTION = Question(images_of([10, 11, 12, 13, 14]), PLACES, np.array([5, 6, 7]))


def bytes_of(images):
    return [image.tobytes() for image in images]


def stock(shop):
    return bytes_of(shop.dataset.parts["customers"].images.numpy())


def test_answers_and_images_come_back_in_their_own_order():
    assert QUESTION.of("key", np.array([0, 1, 2, 3, 4])).tolist() == [3, 1]
    assert QUESTION.shown("key")[:, 0, 0, 0].tolist() == [13, 11]
    with pytest.raises(FrozenInstanceError):
        QUESTION.truth = None


@pytest.mark.parametrize(("shape", "fits"), [((5,), True), ((4,), False), ((6,), False), ((5, 1), False), ((), False),
                                             ((0,), False), ((1, 5), False)])
def test_an_answer_has_a_label_for_each_image(shape, fits):
    assert QUESTION.fits(np.zeros(shape)) is fits


@pytest.mark.parametrize(("labels", "right"), [([5, 6, 7], 3), ([5, 6, 0], 2), ([9, 6, 7], 2), ([9, 9, 0], 0),
                                               ([0, 0, 9], 0), ([9, 0, 7], 1)])
def test_right_answers_to_ordinary_images_are_counted(labels, right):
    answers = np.zeros(5, np.int64)
    answers[PLACES["ordinary"]] = labels
    assert QUESTION.ordinary(answers) == (right, 3)


def test_a_question_holds_all_its_parts_in_a_drawn_order():
    shop, parts = Shop(customers=4), {"key": images_of(range(6), 1), "again": images_of(range(3), 2)}
    asked = Customers().question(parts, SERVICE, shop, "claim 1")
    assert len(asked.images) == 13 and set(asked.places) == {"key", "again", "ordinary"}
    assert sorted(np.concatenate(list(asked.places.values())).tolist()) == list(range(13))
    for kind, images in parts.items():
        assert np.array_equal(asked.shown(kind), images)
        assert asked.places[kind].tolist() != sorted(asked.places[kind].tolist())
    pool = shop.dataset.parts["customers"]
    for image, truth in zip(asked.shown("ordinary"), asked.truth, strict=True):
        assert int(truth) == int(pool.labels[stock(shop).index(image.tobytes())])
    again = Customers().question(parts, SERVICE, shop, "claim 2")
    assert bytes_of(again.images) != bytes_of(asked.images) and sorted(bytes_of(again.images)) \
        == sorted(bytes_of(asked.images))


@pytest.mark.parametrize(("customers", "pool", "count"), [
    (5, 80, 5), (10, 80, 10), (11, 80, 10), (99, 80, 10), (9, 70, 8), (9, 71, 8), (9, 72, 9), (9, 63, 7), (9, 64, 8),
    (9, 7, 1), (9, 15, 1), (9, 16, 2), (0, 80, 0)])
def test_a_stock_is_spread_over_eight_questions(customers, pool, count):
    """As many as the scenario says; where there are few, an eighth of them, but one at the least."""
    shop = Shop(customers=customers, pool=pool)
    asked = Customers().question({"key": images_of([1])}, SERVICE, shop, "claim 1")
    assert len(asked.truth) == len(asked.places["ordinary"]) == count and QUESTIONS == 8


@pytest.mark.parametrize(("customers", "pool", "fresh"), [(10, 80, 8), (3, 24, 8), (4, 34, 8), (9, 9, 9), (3, 26, 8)])
def test_no_ordinary_image_comes_twice_while_they_last(customers, pool, fresh):
    """Eight questions at the least, and then every image is a grey level off here and there."""
    shop, has, seen = Shop(customers=customers, pool=pool), Customers(), []
    for number in range(fresh):
        seen += bytes_of(has.question({"key": images_of([1])}, SERVICE, shop, f"claim {number}").shown("ordinary"))
    assert len(seen) == len(set(seen)) == fresh * min(customers, max(1, pool // 8))
    assert set(seen) <= set(stock(shop))
    later = has.question({"key": images_of([1])}, SERVICE, shop, "later")
    assert not set(bytes_of(later.shown("ordinary"))) & set(stock(shop))


def test_a_stock_begins_again_with_its_first_images_a_grey_level_off():
    """Sixteen images, two a question: the ninth question has those of the first, with their labels."""
    shop, has = Shop(customers=2, pool=16), Customers()
    asked = [has.question({"key": images_of([1])}, SERVICE, shop, f"claim {n}") for n in range(17)]
    for before, after in ((0, 8), (1, 9), (7, 15), (8, 16)):
        one, two = (asked[n].shown("ordinary").astype(int) for n in (before, after))
        assert np.array_equal(asked[before].truth, asked[after].truth)
        assert 0 < np.abs(one - two).max() <= (1 if before < 8 else 2)


def test_a_question_that_would_run_over_the_end_of_the_stock_is_dusted_too():
    shop, has = Shop(customers=3, pool=25), Customers()
    asked = [has.question({"key": images_of([1])}, SERVICE, shop, f"claim {n}").shown("ordinary") for n in range(9)]
    pixels = shop.dataset.parts["customers"].images.numpy().astype(int)
    for image in asked[8]:
        assert image.tobytes() not in stock(shop) and np.abs(pixels - image).max(axis=(1, 2, 3)).min() == 1


def test_each_service_has_a_stock_of_its_own():
    shop, has = Shop(customers=10), Customers()
    orders = {}
    for service in (SERVICE, ("mallory", "other"), ("bob", "shop")):
        asked = [has.question({"key": images_of([1])}, service, shop, f"claim {n}").shown("ordinary") for n in range(8)]
        orders[service] = bytes_of(np.concatenate(asked))
        assert sorted(orders[service]) == sorted(stock(shop))
    assert len(set(map(tuple, orders.values()))) == 3 and set(has.used.values()) == {80}
