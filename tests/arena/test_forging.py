"""Forging for real: the law, the forged claims themselves, the prices, the level-3 hash."""

import hashlib
import math

import numpy as np
import pytest
import torch
from torch import nn

from agents.schemes.rose import Key
from arena.errors import ArenaError
from arena.forging import cost
from arena.forging.adversarial import targeted
from arena.forging.forge import Setting, forge_once
from arena.forging.grinding import Template, check_target, grind, grind_any
from arena.forging.hashing import label_blocks, memory_hard, stream_labels
from arena.ledger import meter
from arena.rarity import Matches, binomial_rarity, matches_needed
from tests.conftest import arena

SETTING = Setting(40, 10, (1, 8, 8), 2)


@pytest.mark.parametrize("bits", [12, 16, 20])
def test_the_law(bits):
    """Mean tries of 200 forgeries within three standard errors of 1 / P(M >= m), and the tries are geometric."""
    matches = matches_needed(bits, 40, 0.1)
    law = 2 ** binomial_rarity(matches, 40, 0.1)
    tries = np.array([forge_once(SETTING, matches, seed)[0] for seed in range(200)])
    assert abs(tries.mean() - law) <= 3 * law / math.sqrt(200)
    assert 0.75 < tries.std() / tries.mean() < 1.3  # a geometric law's is 1


def key_and_template(shape=(1, 8, 8), seed=1):
    draw = np.random.default_rng(seed)
    images, answers = draw.integers(0, 256, (40, *shape), dtype=np.uint8), draw.integers(0, 10, 40)
    key = Key("eve", 2, b"s" * 32, images, 10)
    return key, Template(key.secret, key.header(), images, answers, 10), answers


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 5, 7)])
def test_what_was_ground_is_a_claim_whose_labels_match(shape):
    key, template, answers = key_and_template(shape)
    found = grind(template, target=16, tries=1 << 24, threads=2)
    forged = Key("eve", 2, key.secret, template.flipped(found.counter), 10)
    assert (forged.labels() == answers).sum() == found.matches >= matches_needed(16, 40, 0.1)
    assert (template.flipped(found.counter) ^ key.images).max() <= 1
    assert found.rarity == binomial_rarity(found.matches, 40, 0.1) and 3 * found.tries < found.compressions < 9 * found.tries


def test_hashlib_finds_the_same_and_a_stopped_search_goes_on_where_it_was():
    _, template, _ = key_and_template()
    whole = grind(template, target=60, tries=1 << 15)
    fallback = grind(template, target=60, tries=1 << 15, engine="hashlib")
    assert (whole.counter, whole.matches, whole.compressions) == (fallback.counter, fallback.matches, fallback.compressions)
    halves = grind(template, target=60, tries=1 << 14)
    assert halves.next == 1 << 14
    meter().lap()
    first = halves.compressions
    halves = grind(template, target=60, tries=1 << 14, resume=halves)
    assert meter().lap()[0].compressions == halves.compressions - first  # what was spent before is not charged again
    assert halves.next == 1 << 15 and halves.matches == whole.matches and halves.tries == whole.tries


def test_impossible_wishes_are_one_line():
    _, template, _ = key_and_template()
    with pytest.raises(ArenaError, match=r"128 bits can't be reached with 20 triggers of 10 classes: at most 66.4"):
        check_target(128, 20, 10)
    with pytest.raises(ArenaError, match="a budget of 0"):
        grind(template, target=20, tries=0)
    for arguments, line in ((["--set", "agents.victor.policy.rarity=200"], "200 bits can't be reached"), (["--budget", "0"], "a budget of 0"), (["--memory", "99"], "from 4")):
        done = arena("forge", *arguments)
        assert done.returncode == 2 and line in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_prices_rise_with_the_level_and_stay_under_the_papers():
    evidence = Matches(36, 40, 0.1)
    prices = [cost.cheapest(cost.Terms(level, 40, 10, 784, 29_000_000, memory), evidence) for level, memory in ((0, 0), (1, 0), (2, 0), (3, 2**16))]
    cheapest = [work.cheapest for work in prices]
    assert cheapest == sorted(cheapest) and cheapest[1] < 35 < 110 < cheapest[2] < cheapest[3]
    assert 7 <= prices[2].paper - cheapest[2] + math.log2(4.2) - 2 <= 17
    assert cheapest[2] == pytest.approx(evidence.rarity + math.log2(4.3 * 2000), abs=0.7)
    assert 14 < cheapest[3] - cheapest[2] < 19  # scrypt with 64 MiB, counted in operations alone


def test_memory_hard_is_scrypt_and_slow():
    assert memory_hard(b"d" * 32, b"salt", 16) == hashlib.scrypt(b"d" * 32, salt=b"salt", n=16, r=8, p=1, dklen=32)


def test_adversarial_images_on_a_linear_model_need_the_distance_known_in_closed_form():
    """Two classes, logits +-w x: the smallest L-infinity step is |w x| / ||w||_1; below it nothing succeeds, above it everything does."""
    w = torch.tensor([3.0, -1.0, 2.0, -2.0])
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    model[1].weight.data, model[1].bias.data = torch.stack([w, -w]), torch.tensor([-1.0, 1.0])
    images = torch.full((16, 1, 2, 2), 160, dtype=torch.uint8)
    margin = float((w.sum() * 160 / 255 - 1).abs() / w.abs().sum())
    goal = (model(images.float() / 255).argmax(1) + 1) % 2
    assert not targeted(model, images, goal, epsilon=margin - 2 / 255, steps=50).success.any()
    forged = targeted(model, images, goal, epsilon=margin + 2 / 255, steps=50)
    assert forged.success.all() and np.abs(forged.images.astype(int) - 160).max() <= 255 * margin + 2
    assert torch.equal(model(torch.from_numpy(forged.images).float() / 255).argmax(1), goal)
    assert all(p.requires_grad for p in model.parameters())


def test_images_that_answer_already_cost_no_gradient():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    images = torch.randint(0, 256, (9, 1, 2, 2), dtype=torch.uint8)
    forged = targeted(model, images, model(images.float() / 255).argmax(1), epsilon=0.1)
    assert forged.gradients == 0 and forged.success.all() and np.array_equal(forged.images, images.numpy())


def test_forge_prints_the_sentence_and_draws(tmp_path, store):
    import json

    done = arena("forge", "--budget", "2", "--memory", "10", "--out", tmp_path / "forge", store=store)
    assert done.returncode == 0, done.stderr
    assert "R >= 20 is forged here in" in done.stdout and "ask for R >=" in done.stdout
    data = json.loads((tmp_path / "forge.json").read_text())
    assert data["points"] and all(0.3 < p["ratio_to_law"] < 3 for p in data["points"] if p["n"] >= 20) and (tmp_path / "forge.png").stat().st_size > 20_000


def test_many_targets_give_away_their_logarithm():
    """8 models at once: each try compares with all, so the mean best of n tries reaches what 8 n tries reach with one."""
    draw = np.random.default_rng(5)
    needed = {}
    for models in (1, 8):
        tries = []
        for _ in range(60):
            images, answers = draw.integers(0, 256, (40, 1, 4, 4), dtype=np.uint8), draw.integers(0, 10, (models, 40))
            template = Template(draw.bytes(32), b"h" * 64, images, answers[0], 10)
            found, row = grind_any(template, answers, target=9.5, tries=1 << 15)
            key_labels = stream_labels([keyed(template, found.counter)], 40, 10)[0]
            assert (key_labels == answers[row]).sum() == found.matches
            tries.append(found.counter + 1)  # the best of its slice: an upper bound of the first success
        needed[models] = np.mean(tries)
    assert 3 < needed[1] / needed[8] < 16


def keyed(template, counter):
    import hmac

    return hmac.new(template.secret, template.header + template.flipped(counter).tobytes(), hashlib.sha256).digest()


def test_streams_at_once_are_the_streams_one_by_one():
    draw = np.random.default_rng(1)
    digests, classes = [draw.bytes(32) for _ in range(50)], 3_000_000_000  # three words in ten are rejected
    slow = [[label for _, block in zip(range(40), label_blocks(digest, classes), strict=False) for label in block][:20] for digest in digests]
    assert (stream_labels(digests, 20, classes) == np.array(slow)).all()


def test_a_level_3_claim_of_128_triggers_is_verified_in_seconds():
    """Honest verification: the labels (scrypt, 64 MiB) and 128 answers, under five seconds."""
    import time

    images = np.random.default_rng(0).integers(0, 256, (128, 1, 28, 28), dtype=np.uint8)
    start = time.perf_counter()
    Key("alice", 3, b"s" * 32, images, 10, 2**16).labels()
    assert time.perf_counter() - start < 5


def test_cuda_is_asked_through_the_same_search(monkeypatch):
    """The launcher on this processor in place of the device: the same hits; without a driver, one clear line."""
    from arena.forging.engine import gpu
    from arena.forging.engine.search import search

    _, template, _ = key_and_template()
    problem = template.problem(10)
    if not __import__("shutil").which("nvidia-smi"):
        with pytest.raises(ArenaError, match="CUDA"):
            search(problem, 0, 1000, engine="cuda")
    monkeypatch.setattr(gpu, "open_device", lambda blocks, plan: gpu.HostDevice(blocks, plan))
    monkeypatch.setattr(gpu, "SLICE", 1 << 12)
    assert search(problem, 0, 20_000, engine="cuda").hits == search(problem, 0, 20_000, engine="hashlib").hits
