"""A match as an environment of PettingZoo: its steps are the agents' turns.

    env = arena.pettingzoo.env("who.yaml", choices={"mallory": {"attacks.0.prune.rate": [0.2, 0.5, 0.9]}})
    env.reset()
    for agent in env.agent_iter(): ...

An action is the number of a choice (`env.choices[agent]`): before his first turn how an agent plays, and in each turn
whether the claims that he would make are sent. A thief for whom no choices are named chooses how many of his attacks he
plays. An observation counts what the agent has seen, by kind; the reward is his payoff, when the match is over. Agents
are the arena's own, in their own processes; hosts come from the store, so a match of the same seed is cheap. Needs the
extra `pettingzoo`.
"""

from __future__ import annotations

import json
import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np

from arena.base.draws import Draws, master_of, world_of
from arena.base.errors import ArenaError
from arena.base.names import is_own
from arena.face import check
from arena.face.machine import Place, options
from arena.face.rewards import innocent, rewards, side_of
from arena.game.messages import BODIES
from arena.isolation.server import warm_up
from arena.match.result import Result
from arena.match.stepping import Stepped
from arena.scenario.scenario import Changes, Scenario, build_task
from arena.tournament.games.expression import Expression, compiled
from arena.tournament.parts import built_in, payoff
from arena.workshop.options import Options
from arena.workshop.workshop import Workshop

try:
    from gymnasium.spaces import Box, Discrete
    from pettingzoo import AECEnv
except ImportError:
    raise ArenaError("arena.pettingzoo needs PettingZoo: pip install 'ownership-arena[pettingzoo]'") from None

KINDS = tuple(BODIES)
MOST_CHOICES, MOST_SEEN = 256, 1e6
Wanted = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class Choice:
    """How an agent plays: values of his parameters by their paths (from his first turn on), and whether claims that he
    would make in this turn are sent (one that isn't is not made later)."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    claims: bool = True


def env(scenario: Place | Mapping[str, Any], *, choices: Wanted | None = None, payoffs: Mapping[str, str] | None = None,
        seed: int | str | None = None, changes: Changes = (), store: Place | None = None, data: Place | None = None,
        device: str = "auto", threads: int = 1) -> Ownership:
    """The environment of a scenario; `choices` are values by agent and path (`{"mallory": {"attacks.0.prune.rate":
    [0.2, 0.9]}}`), `payoffs` expressions by side (`attacker`, `owner`, `usurper`, `verifier`) in place of the
    tournament's. Every choice is checked before anything is played; ArenaError for what can't be."""
    warm_up()
    found, sets = check(scenario, changes=changes, seed=seed, data=data), dict[str, list[tuple[Choice, Any]]]()
    for name in choices or {}:
        if name not in found.agents:
            raise ArenaError(f"choices: nobody is called {name!r:.60}; who plays: {', '.join(found.agents)}")
    base = dict(changes) if isinstance(changes, Mapping) else list(changes)
    for name in found.agents:
        sets[name] = []
        for choice in _choices(name, found.agents[name], dict((choices or {}).get(name, {}))):
            more = {f"agents.{name}.{path}": value for path, value in choice.settings.items()}
            made = check(scenario, changes=_joined(base, more), seed=found.seed, data=data) if more else found
            sets[name].append((choice, made.agents[name]))
    paid = {side: compiled(text) for side, text in (payoffs or {}).items()}
    return Ownership(found, options(store, data, device, threads), sets,
                     {**{side: payoff(side) for side in built_in("payoffs")}, **paid})


def _joined(base: dict[str, Any] | list[str], more: Mapping[str, Any]) -> Changes:
    return {**base, **more} if isinstance(base, dict) else [*base, *(f"{path}={json.dumps(value)}"
                                                                     for path, value in more.items())]


def _choices(name: str, part: Mapping[str, Any], named: Mapping[str, Sequence[Any]]) -> list[Choice]:
    """What an agent may choose, the scenario's own way first where nothing is named."""
    attacks = part["params"].get("attacks") or []
    if named:
        settings = [dict(zip(named, values, strict=True)) for values in product(*named.values())]
    elif attacks and side_of(part["role"]) == "attacker" and not innocent(part["params"]):
        settings = [{"attacks": attacks[:count]} for count in range(len(attacks), -1, -1)]
    else:
        settings = [{}]
    claims = (True, False) if side_of(part["role"]) in ("owner", "usurper", "") else (True,)
    found = [Choice(each, claim) for each in settings for claim in claims]
    if not 1 <= len(found) <= MOST_CHOICES:
        raise ArenaError(f"choices: {name} has {len(found)}; from 1 to {MOST_CHOICES} can be played")
    return found


class Ownership(AECEnv):  # type: ignore[misc]
    """See the module's docstring. `result` is the record of the last match that came to its end."""

    metadata = {"name": "ownership_v0", "render_modes": [], "is_parallelizable": False}  # noqa: RUF012
    render_mode = None

    def __init__(self, scenario: Scenario, played: Options, sets: Mapping[str, list[tuple[Choice, Any]]],
                 paid: Mapping[str, Expression]) -> None:
        super().__init__()
        self.scenario, self._options, self._sets, self._paid = scenario, played, sets, paid
        self.possible_agents = list(scenario.agents)
        self.choices = {name: [choice for choice, _ in each] for name, each in sets.items()}
        self.observation_spaces = {name: Box(0, MOST_SEEN, (len(KINDS) + 3,), np.float32)
                                   for name in self.possible_agents}
        self.action_spaces = {name: Discrete(len(each)) for name, each in sets.items()}
        self.result: Result | None = None
        self._match: Stepped | None = None
        self._ending: Callable[[], Any] = bool
        self._seed = scenario.seed

    def observation_space(self, agent: str) -> Any:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None) -> None:
        """A new match; of another seed from now on where one is given (then hosts are trained anew)."""
        self.close()
        self._seed = self._seed if seed is None else seed
        self._match = Stepped.begun(replace(self.scenario, seed=self._seed), self._options)
        self._ending = weakref.finalize(self, self._match.close)
        self.agents, self.agent_selection = list(self.possible_agents), self._match.next
        self.rewards, self._cumulative_rewards = dict.fromkeys(self.agents, 0.0), dict.fromkeys(self.agents, 0.0)
        self.terminations, self.truncations = dict.fromkeys(self.agents, False), dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {name: {} for name in self.agents}
        self._tell(self.agent_selection)

    def observe(self, agent: str) -> np.ndarray:
        """Turns so far, messages seen by kind, grants to the agent and on its services."""
        if self._match is None:
            raise ArenaError("reset() comes first")
        seen = self._match.said_to(agent)
        kinds = Counter(entry["body"]["kind"] for entry in seen)
        granted = [entry["body"] for entry in seen if entry["body"]["kind"] == "Verdict" and entry["body"]["granted"]]
        own = [sum(body[who] == agent for body in granted) for who in ("claimant", "deployer")]
        return np.array([1 + self._match.turns_of(agent), *(kinds[kind] for kind in KINDS), *own],
                        np.float32).clip(0, MOST_SEEN)

    def step(self, action: int | None) -> None:
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        if self._match is None or action is None or not self.action_spaces[agent].contains(action):
            raise ArenaError(f"{agent} has the choices 0 to {self.action_spaces[agent].n - 1}, not {action!r:.60}")
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        choice, part = self._sets[agent][int(action)]
        self._match.take(part, frozenset() if choice.claims else frozenset({"Claim"}), int(action))
        self.agent_selection = self._match.next
        if self.agent_selection:
            self._tell(self.agent_selection)
        else:
            self._settle()
        self._accumulate_rewards()

    def _tell(self, agent: str) -> None:
        """What is new to an agent, in words: (sender, kind)."""
        assert self._match is not None, "a match is on"
        self.infos[agent] = {"news": [list(each) for each in self._match.news_of(agent)]}

    def _settle(self) -> None:
        """The match is over: everybody is paid."""
        assert self._match is not None, "a match is on"
        self.result = self._match.finish()
        self.rewards = rewards(self.result, self._paid, self._host)
        ended, cut = self.terminations, self._match.cut_short
        self.terminations, self.truncations = dict.fromkeys(ended, not cut), dict.fromkeys(ended, cut)
        self.agent_selection = self.agents[0]

    @property
    def _host(self) -> dict[str, float]:
        """What one training of a host costs, and of how many images it is; of a network of the user's own, which isn't
        imported here, what its first owner spent."""
        assert self.result is not None, "a match was played"
        owner = next((name for name, role in self.result.roles.items() if side_of(role) == "owner"), "")
        if not owner or is_own(str(self.scenario.task.get("network", ""))):
            spent = self.result.spending[owner].operations if owner else 0
            return {"host_ops": float(max(1, spent)), "train_size": float("nan")}
        parts, folder = tuple(self.scenario.agents[owner]["parts"]), str(self.scenario.path.parent.resolve())
        known = {**vars(self._options), "world": world_of(master_of(self._seed)), "parts": parts, "folder": folder}
        task = build_task(self.scenario.task)
        shop = Workshop(task, Draws.of(self._seed, owner).secret, owner, Options(**known))
        return {"host_ops": 3.0 * shop.setting().flops * len(shop.samples) * task.epochs,
                "train_size": float(len(shop.samples))}

    def close(self) -> None:
        """Ends a match that is on."""
        self._ending()
        self._match = None
