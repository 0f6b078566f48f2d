"""Whatever passes the door, no role breaks at it. 200 messages in CI; ARENA_FUZZ=5000 for a long run."""

import os
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agents.forgeries.labels.replay import Replay
from agents.policies.rarity_and_work import RarityAndWork
from agents.roles.attacker import Attacker
from agents.roles.owner import Owner
from agents.roles.usurper import Usurper
from agents.roles.verifier import Verifier
from agents.schemes.triggers.rose import Rose
from agents.schemes.weights.uchida import Uchida
from arena.base.errors import Malformed
from arena.game.messages import BODIES, Claim, Commitment, Deployment, Query, Release, Response, check
from arena.game.rules import Rules
from arena.hosts.architecture import Architecture
from arena.hosts.networks import build
from arena.testing import rehearse, small_host, small_workshop

MANY = int(os.environ.get("ARENA_FUZZ", "200"))
KINDS = [kind for name, kind in sorted(BODIES.items()) if kind.__module__ == "arena.game.messages"
         and name != "Departure"]


@pytest.fixture(scope="module")
def cast(store):
    """Every role after the opening of a match, and what is real in it to mutate from."""
    shops = {name: small_workshop(store, name) for name in ("alice", "mallory", "eve", "victor")}
    host = small_host(store)
    model = shops["alice"].save(host)
    odd = [shops["eve"].save(build(Architecture("digits-cnn", classes, shape)))
           for classes, shape in ((3, (1, 8, 8)), (10, (3, 16, 16)))]
    key = Rose(10).draw_key(shops["alice"]).fields()
    white = Uchida(8).draw_key(shops["alice"]).fields()
    return shops, model, odd, key, white


def fresh():
    return {"alice": Owner(Rose(10), reference=False, opens=True), "mallory": Attacker([]), "eve": Usurper(Replay()),
            "victor": Verifier(RarityAndWork(rarity=5, work=0))}


def values(cast):
    """Values of every kind, real ones among them."""
    _, model, odd, key, white = cast
    array = arrays.arrays(st.sampled_from([np.uint8, np.int64, np.float32]),
                          arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=9))
    words = st.sampled_from(["alice", "mallory", "eve", "victor", "shop", "mallory's service", "rose", "uchida",
                             "label-change", model, *odd, "ab" * 32, "", "x"])
    image = st.sampled_from([key["images"], key["images"][:1], np.zeros((1, 1, 8, 8), np.uint8),
                             np.zeros((2, 3, 9, 9), np.uint8)])
    field = st.sampled_from([*key, *white, "truth", "x"])
    plain = (st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=5)
             | st.binary(max_size=40) | array | image)
    keys = st.sampled_from([key, white]).flatmap(
        lambda true: st.dictionaries(field, plain, max_size=2).map(lambda more: {**true, **more})
    )
    return plain | keys | st.dictionaries(field, plain, max_size=4) | st.lists(plain, max_size=3).map(tuple)


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_message_brings_a_role_down(cast, data):
    shops, model, _, _, _ = cast
    kind, given_values = data.draw(st.sampled_from(KINDS)), values(cast)
    body = kind(**{f.name: data.draw(given_values) for f in fields(kind)})
    book = Rules(list(shops), ["victor"], shape=(1, 8, 8))
    book.take(2, "mallory", "all", Deployment("mallory's service"))
    roles = fresh()
    opening = [("alice", Commitment("ab" * 32)), ("alice", Release(model)),
               ("mallory", Deployment("mallory's service"))]
    for name, role in roles.items():
        if name != "mallory":
            rehearse(role, shops[name], [(who, said) for who, said in opening if who != name])
        sender = data.draw(st.sampled_from([n for n in roles if n != name]))
        try:
            check(body)
            if not isinstance(body, Response):
                book.address(sender, name, body)
        except Malformed:
            continue
        rehearse(role, shops[name], [(sender, body)], number=1, first=10)
        rehearse(role, shops[name], number=2)
        rehearse(role, shops[name], number=3)


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_claim_is_granted_by_chance(cast, data):
    """Claims of every scheme with true keys mutated: a verdict or a question, and nothing is granted without a service
    that answers."""
    shops, model, _, _, _ = cast
    victor = fresh()["victor"]
    rehearse(victor, shops["victor"], [("alice", Release(model)), ("mallory", Deployment("shop"))])
    scheme, key = data.draw(st.sampled_from(["rose", "uchida", "label-change", "negative-correlation",
                                             "x"])), data.draw(values(cast))
    claim = Claim("eve", "mallory", "shop", scheme, key)  # type: ignore[arg-type]
    try:
        check(claim)
    except Malformed:
        return
    said = rehearse(victor, shops["victor"], [("eve", claim)], number=1, first=5)
    assert all(isinstance(e.body, Query) or not getattr(e.body, "granted", False) for e in said)
    late = [e.body for n in range(2, 6) for e in rehearse(victor, shops["victor"], number=n)]
    assert not any(getattr(body, "granted", False) for body in late)
