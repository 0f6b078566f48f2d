"""The conformance suite that authors of strategies run on theirs: what the arena takes for granted, checked.

    from arena.testing import check_attack
    def test_blur(tmp_path):
        check_attack(Blur(radius=1), tmp_path)

Every check plays on 8x8 digits in seconds and raises AssertionError with what is wrong. `rehearse` plays one turn of an agent in this
process, `rehearse_match` a whole match; `small_workshop` is what the checks give to strategies.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arena.base.draws import Draws, master_of, world_of
from arena.base.names import name_of
from arena.game.evidence import Case
from arena.game.messages import ALL, CUSTOMER, Body, Claim, Envelope, Message, Opening, Query, Verdict, check, decode, decode_body, encode
from arena.game.rules import Rules
from arena.hosts.networks import Network
from arena.hosts.task import Task
from arena.hosts.weights import fingerprint
from arena.scenario.fitting import facts_of, parts_of
from arena.strategies.agent import Agent, Turn
from arena.strategies.attack import Attack
from arena.strategies.catalogue import built_in
from arena.strategies.forgery import Forgery
from arena.strategies.kinds import find
from arena.strategies.scheme import Scheme
from arena.strategies.strategy import Strategy, describe
from arena.workshop.loot import Copy, Loot
from arena.workshop.options import Options
from arena.workshop.workshop import Workshop

CONVINCED = 10.0
"""Bits that a mark must show to the lenient Verifier of `check_verdicts`."""
SMALL = Task(dataset="digits", network="digits-cnn", epochs=3, rate=2e-3, schedule="one-cycle")


def small_workshop(store: Path, agent: str = "tester", task: Task = SMALL, seed: int = 1) -> Workshop:
    """A workshop on 8x8 digits whose artefacts are kept in `store`."""
    return Workshop(task, Draws.of(seed, agent).secret, agent, Options(str(store), threads=torch.get_num_threads(), world=world_of(master_of(seed))),
                    ("victor",), admitted=tuple(built_in("schemes")))


def small_host(store: Path, task: Task = SMALL) -> Network:
    """An unmarked host on 8x8 digits, trained for three epochs (kept in `store`)."""
    shop = small_workshop(store, task=task)
    return shop.host(shop.dataset.parts["train"], "unmarked host")


def rehearse(agent: Agent, workshop: Workshop, inbox: Iterable[tuple[str, Body]] = (), number: int = 0, first: int = 0) -> list[Envelope]:
    """One turn of `agent` in this process, given (sender, body) messages numbered from `first`; what he says, as envelopes.

    Everything said must survive the encoding in which messages travel.
    """
    messages = tuple(Message(first + i, number, sender, workshop.agent, body) for i, (sender, body) in enumerate(inbox))
    turn = Turn(number, workshop.agent, messages, workshop, lambda topic, data: encode(data, {}))
    said = [item if isinstance(item, Envelope) else Envelope(ALL, item) for item in agent.take_turn(turn) or ()]
    for envelope in said:
        assert isinstance(envelope.body, Body), f"a turn gives message bodies or envelopes, not {type(envelope.body).__name__}"
        encode(envelope.body, {})
    return said


def rehearse_match(cast: Mapping[str, Agent], store: Path, task: Task = SMALL, seed: int = 1, admitted: Sequence[str] = (), rounds: int = 12) -> list[Message]:
    """A match in this process, by the arena's rules: agents take turns in the order of the cast until nobody has anything to say. What they said."""
    verifiers = tuple(name for name, agent in cast.items() if facts_of(agent)["verifies"])
    shops = {name: _placed(small_workshop(store, name, task, seed), agent, verifiers, tuple(admitted)) for name, agent in cast.items()}
    rules, said, seen = Rules(list(cast), verifiers), list[Message](), dict.fromkeys(cast, 0)
    for number in range(rounds):
        before = len(said)
        for name, agent in cast.items():
            inbox = tuple(_as_heard(m) for m in said[seen[name] :] if m.to in (name, ALL) and m.sender != name)
            seen[name] = len(said)
            for item in agent.take_turn(Turn(number, name, inbox, shops[name], lambda topic, data: encode(data, {}))) or ():
                _post(said, rules, number, name, item if isinstance(item, Envelope) else Envelope(ALL, item))
        if len(said) == before:
            break
    return said


def _placed(shop: Workshop, agent: Agent, verifiers: tuple[str, ...], admitted: tuple[str, ...]) -> Workshop:
    options = dataclasses.replace(shop.options, parts=parts_of(type(agent)))  # type: ignore[arg-type]
    return dataclasses.replace(shop, options=options, verifiers=verifiers, admitted=admitted, customers=8)


def _as_heard(message: Message) -> Message:
    """A question comes from a customer, under the number of the message."""
    if not isinstance(message.body, Query):
        return message
    return dataclasses.replace(message, sender=CUSTOMER, body=dataclasses.replace(message.body, about=message.number))


def _post(said: list[Message], rules: Rules, turn: int, sender: str, envelope: Envelope) -> None:
    """Takes what somebody said to whom it goes; Malformed for what he may not say."""
    check(envelope.body)
    to, body = rules.address(sender, envelope.to, envelope.body)
    arrays: dict[str, np.ndarray] = {}
    rules.take(len(said), sender, to, body)
    said.append(Message(len(said), turn, sender, to, decode_body(encode(body, arrays), arrays)))


def case_for(claim: Claim, workshop: Workshop) -> Case:
    """What a Verifier knows when a claim comes in, without commitments or releases."""
    message = Message(1, 1, claim.claimant, "victor", claim)
    return Case(message, claim, len(workshop.dataset.classes), workshop.dataset.shape, workshop.flops, deployed_at=0)


def check_strategy(strategy: Strategy) -> None:
    """A frozen dataclass whose first docstring line says what it does."""
    cls = type(strategy)
    assert dataclasses.is_dataclass(strategy) and cls.__dataclass_params__.frozen, f"{cls.__name__} must be @dataclass(frozen=True)"  # type: ignore[attr-defined]
    assert (cls.__doc__ or "").strip() and not (cls.__doc__ or "").startswith(f"{cls.__name__}("), f"{cls.__name__} needs a docstring: `arena list` shows it"
    assert describe(strategy), "a strategy must have a description"


def check_attack(attack: Attack, store: Path) -> None:
    """The attack gives a model that answers and images that are images, changes nothing it was not given, and does the same twice."""
    check_strategy(attack)
    host, shop = small_host(store), small_workshop(store, "mallory")
    loot = Loot(shop, "attack 1", copies=(shop.save(small_host(store, dataclasses.replace(SMALL, epochs=2))),))
    images = shop.dataset.parts["test"].images[:32].numpy()
    before = fingerprint(host)
    attacked = [_untouched(lambda: attack.modify_model(copy.deepcopy(host), loot)) for _ in range(2)]
    assert fingerprint(host) == before, "the attack changed a model that is not its own copy"
    assert fingerprint(attacked[0]) == fingerprint(attacked[1]), "the same attack twice gave different models: draw from loot.generator()"
    answers = shop.predict(attacked[0], images)
    assert answers.shape == (32,) and answers.min() >= 0, "the model must give logits (N, classes)"
    keep = images.copy()
    asked = [_untouched(lambda: attack.modify_query(images, dataclasses.replace(loot, model=attacked[0], memo={}))) for _ in range(2)]
    assert np.array_equal(images, keep), "modify_query changed the images that it was given"
    assert all(a.dtype == np.uint8 and a.shape == images.shape for a in asked), "modify_query must give uint8 images of the same shape"
    assert np.array_equal(*asked), "the same query twice was changed differently"


def check_scheme(scheme: Scheme, store: Path) -> None:
    """Keys are drawn, opened, committed to and examined consistently; nobody can claim with another's; the marked host shows the mark."""
    check_strategy(scheme)
    shop, other = small_workshop(store, "alice"), small_workshop(store, "eve")
    fields, again, foreign = (scheme.open_key(scheme.draw_key(s)) for s in (shop, shop, other))
    assert _encoded(fields) == _encoded(again), "the same agent's key must be the same: draw from workshop.draws"
    assert _encoded(fields) != _encoded(foreign), "two agents must draw different keys"
    digests = {scheme.commitment(fields, "alice"), scheme.commitment(fields, "eve"), scheme.commitment(foreign, "alice")}
    assert len(digests) == 3, "a commitment must fix both the key and the claimant"
    arrays: dict[str, np.ndarray] = {}
    claim = Claim("alice", "mallory", "service", "scheme", decode(encode(fields, arrays), arrays))
    examination = scheme.examine(claim, case_for(claim, shop))
    assert examination.commitment == scheme.commitment(fields, "alice"), "a claim must lead to the commitment of its key"
    host = _untouched(lambda: scheme.mark(scheme.draw_key(shop), shop))
    marked, unmarked = (examination.score_copy(model, shop) for model in (host, small_host(store, shop.task)))
    assert 0 <= unmarked.rarity < marked.rarity, f"the mark must show: {marked.rarity:.1f} bits marked, {unmarked.rarity:.1f} unmarked"
    assert examination.forging_cost(marked, case_for(claim, shop)).cheapest > 0, "forging must cost something"
    check_verdicts(scheme, store)


def check_verdicts(scheme: Scheme, store: Path) -> None:
    """In a match the Verifier, who hears this scheme, grants its owner the stolen model, and not the host of a bystander."""
    name = name_of(scheme)
    owner, attacker, verifier = (find("roles", role) for role in ("owner", "attacker", "verifier"))
    lenient = find("policies", "rarity-and-work")(rarity=CONVINCED, work=0, memory=1, flawed=True)
    bystander = attacker([find("attacks", "independent-host")()])
    cast = {"alice": owner(scheme, reference=False), "mallory": attacker(), "bob": bystander, "victor": verifier(lenient)}
    said = rehearse_match(cast, store, admitted=[name])
    verdicts = {m.body.deployer: m.body for m in said if isinstance(m.body, Verdict)}
    assert set(verdicts) == {"mallory", "bob"}, f"claims by {name} on a thief and a bystander must each come to a verdict, not those on {sorted(verdicts)}"
    assert verdicts["mallory"].granted, f"the owner must be granted the stolen model: {'; '.join(verdicts['mallory'].reasons)}"
    assert not verdicts["bob"].granted, f"an innocent's host must not be granted: {'; '.join(verdicts['bob'].reasons)}"


def check_forgery(forgery: Forgery, store: Path, scheme: str = "") -> None:
    """The forgery gives a key of `scheme` ("": the first that it names) that is well-formed (to a verifier with the flaws
    that it exploits); the same twice; and leaves the model alone."""
    check_strategy(forgery)
    scheme = scheme or next(iter(forgery.schemes), "")
    assert scheme, "a forgery for any scheme is checked with one: say which"
    shop, host = small_workshop(store, "eve"), small_host(store)
    owner, kind = small_workshop(store, "alice"), find("schemes", scheme)
    opened = kind().open_key(kind().draw_key(owner))
    message = Message(0, 0, "alice", ALL, Opening(scheme, opened))
    copies = [Copy("eve", copy.deepcopy(host), shop, ((message, message.body),)) for _ in range(2)]  # type: ignore[arg-type]
    forged = [_untouched(lambda each=each: forgery.forge(each)) for each in copies]  # type: ignore[misc]
    assert fingerprint(copies[0].model) == fingerprint(host), "the forgery changed the model"
    assert forged[0] is not None, "with a model and an opened key at hand there is nothing to wait for"
    assert _encoded(forged[0]) == _encoded(forged[1]), "the same forgery twice gave different keys: draw from copy.workshop.draws"
    claim = Claim("eve", "mallory", "service", scheme, forged[0])
    case = case_for(claim, shop)
    case.flaws = forgery.exploits
    kind.examine(claim, case)


def check_agent(agent: Agent, store: Path) -> None:
    """The agent lives through an empty turn and through messages that are not for his role, and says only what can travel."""
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
    assert np.array_equal(numpy_state, np.random.get_state()[1]), "numpy's global generator was used"  # type: ignore[index, arg-type]
    return out
