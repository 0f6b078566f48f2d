"""Thieves who play the rules against the owner: she is granted, they never are. One seed in CI; ARENA_SEEDS=5 for all
that the claim is made for."""

import os

import pytest

from arena.game.evidence import Case
from arena.game.transcript import read
from tests.conftest import command
from tests.hostile.test_hostile import verdicts

SEEDS = range(7, 7 + int(os.environ.get("ARENA_SEEDS", "1")))
ALICE = "alice: {role: owner, reference: false, scheme: {rose: {triggers: 32, level: 2, oversample: 5}}}"
WHITE = "alice: {role: owner, reference: false, scheme: {uchida: {bits: 128, strength: 0.1}}}"
TASK = "task: {dataset: digits, network: digits-cnn, epochs: 16, rate: 2e-3, schedule: one-cycle}"
HEAD = '''
import dataclasses
from dataclasses import dataclass, field
import torch
from agents.roles.attacker import Attacker
from agents.schemes.triggers.rose import Rose
from arena.agent import Agent
from arena.hosts.datasets import Samples
from arena.hosts.training import Training
from arena.messages import *
from arena.strategies import Attack
'''
EARLY = HEAD + '''
@dataclass
class Evil(Attacker):
    """announces a service before there is anything behind it"""
    said: bool = False

    def take_turn(self, turn):
        if not self.said:
            self.said = True
            yield Deployment(f"{turn.me}'s service")
        yield from super().take_turn(turn)
'''
DECOY_FIRST = HEAD + '''
@dataclass
class Evil(Attacker):
    """puts a host of his own behind his service, and the stolen one later"""
    said: bool = False
    rounds: int = 0

    def take_turn(self, turn):
        shop = turn.workshop
        self.rounds += 1
        if not self.said:
            self.said = True
            yield Deployment(f"{turn.me}'s service")
        for envelope in super().take_turn(turn):
            yield envelope
        if not self._stages:
            decoy = shop.host(shop.samples, "decoy")
            while self._asked:
                m, q = self._asked.pop(0)
                yield Envelope(m.sender, Response(q.service, shop.predict(decoy, q.images), q.about))
'''
TWO_FACED = HEAD + '''
@dataclass
class Evil(Attacker):
    """answers the verifier with another model"""

    def take_turn(self, turn):
        shop = turn.workshop
        for e in super().take_turn(turn):
            if isinstance(e, Envelope) and isinstance(e.body, Response) and e.to in shop.verifiers:
                e = Envelope(e.to, Response(e.body.service, 0 * e.body.labels, e.body.about))
            yield e
'''
DECOY = (
    HEAD
    + '''
@dataclass
class Evil(Attacker):
    """{what}"""

    def take_turn(self, turn):
        shop = turn.workshop
        for e in super().take_turn(turn):
            task = dataclasses.replace(shop.task, epochs={epochs})
            decoy = dataclasses.replace(shop, task=task).host(shop.samples, "decoy")
            if isinstance(e, Envelope) and isinstance(e.body, Response) and {answers}:
                q = next(m.body for m in turn.inbox if m.kind == "Query" and m.body.about == e.body.about)
                e = Envelope(e.to, Response(e.body.service, shop.predict(decoy, q.images), e.body.about))
            elif isinstance(e, Envelope) and isinstance(e.body, Disclosure):
                e = Envelope(e.to, Disclosure(e.body.service, shop.save(decoy), e.body.about))
            yield e
'''
)
RIVAL = (
    HEAD
    + '''
@dataclass
class Evil(Agent):
    """puts a mark of his own over the owner's, and claims"""
    releases: bool = True
    silent: bool = False
    fields_: dict = field(default_factory=dict, init=False)
    model: object = field(default=None, init=False)

    def take_turn(self, turn):
        shop, scheme = turn.workshop, Rose(32, 2, 5)
        if not self.fields_:
            self.key = scheme.draw_key(shop)
            self.fields_ = scheme.open_key(self.key)
            yield Commitment(Rose.commitment(self.fields_, turn.me))
        released = [r for m, r in turn.received(Release)]
        if released and self.model is None:
            model = shop.load(released[0].model)
            images, labels = torch.from_numpy(self.key.images), torch.from_numpy(self.key.labels())
            mine = shop.samples
            both = Samples(torch.cat([mine.images, images.repeat({times}, 1, 1, 1)]),
                           torch.cat([mine.labels, labels.repeat({times})]))
            settings = dataclasses.replace(shop.task.settings, epochs={epochs}, rate={rate})
            self.model = shop.fit(model, both, Training("overwrite", settings))
            turn.note("overwritten", shop.accuracy(self.model))
            if self.releases:
                yield Release(shop.save(self.model))
            yield Deployment("shop")
            yield Envelope("victor", Claim(turn.me, turn.me, "shop", "rose", self.fields_))
        for m, d in turn.received(Deployment):
            yield Envelope("victor", Claim(turn.me, m.sender, d.service, "rose", self.fields_))
        for m, q in turn.received(Query):
            yield Envelope(m.sender, Response(q.service, shop.predict(self.model, q.images), q.about))
'''
)
STEALS_BY_SEED = (
    HEAD
    + '''
@dataclass(frozen=True)
class Evil(Attack):
    """computes the owner's key from what he holds"""

    def modify_model(self, model, loot):
        from arena.base.draws import Draws, master_of
        from arena.workshop.workshop import Workshop
        shop = loot.workshop
        world = shop.options.world
        tried = [Draws.public(world), shop.draws, shop.draws.apart("alice"), Draws.of(world, "alice"),
                 Draws(master_of(world)),
                 *(Draws.of(int.from_bytes(shop.draws.secret[:n], "big"), "alice") for n in (1, 2, 4, 8, 16))]
        fits = []
        for draws in tried:
            alice = Workshop(shop.task, draws.secret, "alice", shop.options, shop.verifiers)
            key = Rose(32, 2, 5).draw_key(alice)
            images = torch.from_numpy(key.images)
            fits.append(sum(bool((images == i).flatten(1).all(1).any()) for i in shop.dataset.parts["test"].images[:1]))
            labels = torch.from_numpy(key.labels()).repeat(5)
            samples = Samples(torch.cat([loot.data.images, images.repeat(5, 1, 1, 1)]),
                              torch.cat([loot.data.labels, labels]))
            model = loot.fit(model, dataclasses.replace(shop.task.settings, epochs=1, rate=1e-4), samples)
        loot.remarks.append("secrets " + " ".join(d.bytes("secret").hex() for d in tried))
        return model
'''
)


def match(tmp_path, store, seed, code, agents):
    (tmp_path / "evil.py").write_text(code)
    scenario = tmp_path / "s.yaml"
    scenario.write_text("\n".join(["title: rules", f"seed: {seed}", TASK, "agents:",
                                   *(f"  {agent}" for agent in agents), "  victor: {role: verifier, schemes: [rose]}"])
                        + "\n")
    done = command("run", scenario, "--out", tmp_path / "run", "--threads", "1", store=store)
    assert done.returncode == 0, done.stdout + done.stderr
    return read(tmp_path / "run"), done


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("code", [EARLY, DECOY_FIRST], ids=["early", "decoy-first"])
def test_an_early_deployment_says_nothing_of_the_model(tmp_path, store, seed, code):
    run, done = match(tmp_path, store, seed, code, ["mallory: {role: 'evil.py:Evil'}", ALICE])
    assert verdicts(run, "alice", "mallory")[-1].granted, done.stdout


@pytest.mark.parametrize("seed", SEEDS)
def test_a_service_that_stood_before_is_not_accused_by_a_younger_key(tmp_path, store, seed):
    """An innocent service shows that it answered so before: a forger who only asks it commits too late."""
    code = HEAD + '''
@dataclass
class Evil(Agent):
    """asks a service, takes its answers for labels of a level-0 key, commits, and claims it"""
    turns: int = 0
    service: object = None
    key: object = None

    def take_turn(self, turn):
        from agents.schemes.triggers.rose import Key
        self.turns += 1
        shop = turn.workshop
        for m, d in turn.received(Deployment):
            self.service = (m.sender, d.service)
        if self.turns == 2:
            yield Envelope(self.service[0], Query(self.service[1], shop.samples.images.numpy()))
        for m, r in turn.received(Response):
            images, secret = shop.samples.images.numpy(), shop.draws.bytes("x")
            wanted = Key(turn.me, 0, secret, images[:40], 10).labels()
            index = []
            for label in wanted:
                index.append(next(i for i in range(len(images)) if r.labels[i] == label and i not in index))
            self.key = Key(turn.me, 0, secret, images[index], 10).fields()
            yield Commitment(Rose.commitment(self.key, turn.me))
        if self.key and self.service:
            yield Envelope("victor", Claim(turn.me, *self.service, "rose", self.key))
            self.service = None
'''
    code += '''

@dataclass
class Bob(Agent):
    """an innocent service with a host of his own"""
    there: bool = False

    def take_turn(self, turn):
        shop = turn.workshop
        host = shop.host(shop.samples, "independent host")
        if not self.there:
            self.there = True
            yield Deployment("bob's")
        for m, q in turn.received(Query):
            yield Envelope(m.sender, Response(q.service, shop.predict(host, q.images), q.about))
'''
    agents = ["bob: {role: 'evil.py:Bob', knows: [training-data]}", "eve: {role: 'evil.py:Evil'}"]
    run, done = match(tmp_path, store, seed, code, agents)
    verdict = verdicts(run, "eve", "bob")[-1]
    assert verdict.checks["rarity"] and not verdict.granted and not verdict.checks["commitment"], done.stdout
    assert any("answered as it does now before the commitment" in reason for reason in verdict.reasons)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_verifier_can_not_be_told_from_a_customer(tmp_path, store, seed):
    run, done = match(tmp_path, store, seed, TWO_FACED, [ALICE, "mallory: {role: 'evil.py:Evil'}"])
    assert verdicts(run, "alice", "mallory")[-1].granted, done.stdout
    assert {m.sender for m in run.messages() if m.kind == "Query"} == {"victor"}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_decoy_that_is_shown_is_found(tmp_path, store, seed):
    code = (
        DECOY.replace("{what}", "shows other weights than those that answer")
        .replace("{answers}", "e.to in shop.verifiers")
        .replace("{epochs}", "16")
    )
    run, done = match(tmp_path, store, seed, code, [WHITE, "mallory: {role: 'evil.py:Evil'}"])
    verdict = verdicts(run, "alice", "mallory")[-1]
    assert "adverse: the weights shown answer only " in verdict.reasons[0], done.stdout
    assert "of the spot checks" in verdict.reasons[0] and "on what alice released" in verdict.reasons[0], done.stdout


@pytest.mark.parametrize("seed", SEEDS)
def test_a_decoy_for_everybody_costs_accuracy_that_stands_in_the_verdict(tmp_path, store, seed):
    code = DECOY.replace("{what}", "answers everybody with the decoy").replace("{answers}",
                                                                               "True").replace("{epochs}", "2")
    run, done = match(tmp_path, store, seed, code, [WHITE, "mallory: {role: 'evil.py:Evil'}"])
    right, asked = Case.from_data(verdicts(run, "alice", "mallory")[-1].case).ordinary
    assert asked >= 16 and right / asked < 0.97, (right, asked, done.stdout)


SETTINGS = [(3, 6, 5e-4), (8, 10, 5e-4), (5, 20, 5e-4)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("times", "epochs", "rate"), SETTINGS, ids=["weak", "strong", "long"])
@pytest.mark.parametrize("order", ["after", "before", "customer", "unreleased"])
def test_of_rivals_the_first_is_granted(tmp_path, store, seed, times, epochs, rate, order):
    if order not in ("before", "unreleased") and times != 8 and "ARENA_SEEDS" not in os.environ:
        pytest.skip("the strong rival stands for the others; ARENA_SEEDS=1 plays all")
    more = "{role: 'evil.py:Evil'" + (", releases: false" if order == "unreleased" else "") + "}"
    agents = [ALICE, f"mallory: {more}"] if order == "after" else [f"mallory: {more}", ALICE]
    agents += ["carl: {role: attacker, steals: mallory}"] if order == "customer" else []
    run, done = match(tmp_path, store, seed, RIVAL.format(times=times, epochs=epochs, rate=rate), agents)
    verdict = verdicts(run, "alice", "mallory")[-1]
    stood = verdict.checks["rarity"]
    assert verdict.granted or not stood, done.stdout
    assert not any(v.granted for deployer in ("mallory", "carl")
                   for v in verdicts(run, "mallory", deployer)), done.stdout
    if order == "customer":
        assert verdicts(run, "alice", "carl")[-1].granted or not verdicts(run, "alice", "carl")[-1].checks["rarity"], \
            done.stdout


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_thief_holds_gives_no_secret_of_anothers(tmp_path, store, seed):
    run, done = match(tmp_path, store, seed, STEALS_BY_SEED,
                      [ALICE, "mallory: {role: attacker, attacks: ['evil.py:Evil']}"])
    claim = next(m.body for m in run.messages() if m.kind == "Claim")
    tried = next(e["data"]["stage"] for e in run.of("note") if e["topic"] == "stage"
                 and "secrets" in e["data"]["stage"])
    assert claim.key["secret"].hex() not in tried and verdicts(run, "alice", "mallory")[-1].granted, done.stdout
