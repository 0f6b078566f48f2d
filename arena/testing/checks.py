"""What the arena takes for granted of attacks, schemes, forgeries and agents, checked one by one."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arena.base.names import name_of
from arena.game.messages import (
    ALL,
    Claim,
    Message,
    Opening,
    decode,
    encode,
)
from arena.hosts.task import Task
from arena.hosts.weights import fingerprint
from arena.strategies.agent import Agent
from arena.strategies.attack import ANSWERS, MODEL, QUERIES, Attack
from arena.strategies.catalogue import built_in, find
from arena.strategies.forgery import Forgery
from arena.strategies.returned import modified_answers
from arena.strategies.scheme import Scheme
from arena.testing.declared import check_declarations, check_strategy
from arena.testing.judging import check_verdicts
from arena.testing.rehearsal import SMALL, rehearse, small_host, small_workshop
from arena.workshop.loot import Loot
from arena.workshop.specimen import Specimen


def check_attack(attack: Attack, store: Path) -> None:
    """The attack gives a model that answers and images that are images, changes nothing it was not given, and does the
    same twice."""
    check_strategy(attack)
    host, shop = small_host(store), small_workshop(store, "mallory")
    loot = Loot(shop, "attack 1", copies=(shop.save(small_host(store, dataclasses.replace(SMALL, epochs=2))),))
    images = shop.dataset.parts["test"].images[:32].numpy()
    before = fingerprint(host)
    attacked = [_untouched(lambda: attack.modify_model(copy.deepcopy(host), loot)) for _ in range(2)]
    assert fingerprint(host) == before, "the attack changed a model that is not its own copy"
    assert fingerprint(attacked[0]) == fingerprint(attacked[1]), \
        "the same attack twice gave different models: draw from loot.generator()"
    answers = shop.predict(attacked[0], images)
    assert answers.shape == (32,) and answers.min() >= 0, "the model must give logits (N, classes)"
    kept = fingerprint(attacked[0]) == before
    assert attack.changes >= MODEL or kept, f"{name_of(attack)} changes the model: say so in `changes`"
    keep = images.copy()
    asked = [_untouched(lambda: attack.modify_query(images, dataclasses.replace(loot, model=attacked[0], memo={})))
             for _ in range(2)]
    assert np.array_equal(images, keep), "modify_query changed the images that it was given"
    assert all(a.dtype == np.uint8 and a.shape == images.shape
               for a in asked), "modify_query must give uint8 images of the same shape"
    assert np.array_equal(*asked), "the same query twice was changed differently"
    kept = np.array_equal(asked[0], images)
    assert attack.changes >= QUERIES or kept, f"{name_of(attack)} changes queries: say so in `changes`"
    _check_answers(attack, shop.soft_answers(attacked[0], torch.from_numpy(images)).numpy(), images,
                   dataclasses.replace(loot, model=attacked[0], memo={}))


def _check_answers(attack: Attack, given: np.ndarray, images: np.ndarray, loot: Loot) -> None:
    keep = given.copy()
    said = [_untouched(lambda: modified_answers(attack, given, images, loot)) for _ in range(2)]
    assert np.array_equal(given, keep), "modify_answers changed the answers that it was given"
    assert np.array_equal(*said), "the same question twice was answered differently"
    kept = np.array_equal(said[0], given)
    assert attack.changes >= ANSWERS or kept, f"{name_of(attack)} changes answers: say so in `changes`"


def check_scheme(scheme: Scheme, store: Path, task: Task = SMALL) -> None:
    """Keys are drawn, opened, committed to and examined consistently; nobody can claim with another's; the marked host
    shows the mark. `task`: another one where a mark wants more than three epochs."""
    check_strategy(scheme)
    shop, other = small_workshop(store, "alice", task), small_workshop(store, "eve", task)
    fields, again, foreign = (scheme.open_key(scheme.draw_key(s)) for s in (shop, shop, other))
    assert _encoded(fields) == _encoded(again), "the same agent's key must be the same: draw from workshop.draws"
    assert _encoded(fields) != _encoded(foreign), "two agents must draw different keys"
    digests = {scheme.commitment(fields, "alice"), scheme.commitment(fields, "eve"),
               scheme.commitment(foreign, "alice")}
    assert len(digests) == 3, "a commitment must fix both the key and the claimant"
    arrays: dict[str, np.ndarray] = {}
    claim = Claim("alice", "mallory", "service", "scheme", decode(encode(fields, arrays), arrays))
    examination = scheme.examine(claim, shop.setting())
    assert examination.commitment == scheme.commitment(fields, "alice"), \
        "a claim must lead to the commitment of its key"
    host = _untouched(lambda: scheme.mark(scheme.draw_key(shop), shop))
    marked, unmarked = (examination.score_copy(model, shop) for model in (host, small_host(store, shop.task)))
    assert 0 <= unmarked.rarity < marked.rarity, \
        f"the mark must show: {marked.rarity:.1f} bits marked, {unmarked.rarity:.1f} unmarked"
    assert examination.forging_cost(marked, shop.setting()).cheapest > 0, "forging must cost something"
    check_declarations(scheme, shop)
    check_verdicts(scheme, store, task)


def check_forgery(forgery: Forgery, store: Path, scheme: str = "") -> None:
    """The forgery gives a key that is well-formed (to a verifier with the flaws that it exploits); the same twice; and
    leaves the model alone. Of `scheme`, or the first that it makes keys of."""
    check_strategy(forgery)
    scheme = scheme or next(iter(forgery.schemes or built_in("schemes")))
    shop, host = small_workshop(store, "eve"), small_host(store)
    owner, kind = small_workshop(store, "alice"), find("schemes", scheme)
    opened = kind().open_key(kind().draw_key(owner))
    message = Message(0, 0, "alice", ALL, Opening(scheme, opened))
    opening = (message, message.body)
    specimens = [Specimen("eve", copy.deepcopy(host), shop, (opening,)) for _ in range(2)]  # type: ignore[arg-type]
    forged = [_untouched(lambda each=each: forgery.forge(each)) for each in specimens]  # type: ignore[misc]
    assert fingerprint(specimens[0].model) == fingerprint(host), "the forgery changed the model"
    assert forged[0] is not None, "with a model and an opened key at hand there is nothing to wait for"
    what = "the same forgery twice gave different keys: draw from specimen.workshop.draws"
    assert _encoded(forged[0]) == _encoded(forged[1]), what
    claim = Claim("eve", "mallory", "service", scheme, forged[0])
    kind.examine(claim, shop.setting(forgery.exploits))


def check_agent(agent: Agent, store: Path) -> None:
    """The agent lives through an empty turn and through messages that are not for his role, and says only what can
    travel."""
    name = "tester"
    rehearse(agent, small_workshop(store, name))
    rehearse(agent, small_workshop(store, name), [("stranger", Opening("nonsense", {"x": 1}))], number=1, first=10)


def _encoded(fields: dict[str, Any]) -> str:
    return str(encode(fields, {}))


def _untouched(action: Callable[[], Any]) -> Any:
    """Runs `action`; the global generators must be where they were."""
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    out = action()
    assert torch.equal(torch_state, torch.get_rng_state()), "torch's global generator was used"
    numpy_now = np.random.get_state()[1]  # type: ignore[index]
    assert np.array_equal(numpy_state, numpy_now), "numpy's global generator was used"  # type: ignore[arg-type]
    return out
