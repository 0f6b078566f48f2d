"""Honest keys against innocent hosts: does a scheme's rarity promise what innocents keep? (`arena calibrate`)"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from arena.base.errors import ArenaError
from arena.base.machine import machine
from arena.base.names import name_of
from arena.calibration.exceedance import Exceedance, exceedances, worst
from arena.calibration.journal import Journal
from arena.calibration.plan import Company, Innocent, accuracy_of, all_networks, fits
from arena.calibration.trial import Scored, Trial
from arena.executors.together import together
from arena.hosts.task import Task
from arena.strategies import BlackBox, Scheme, WhiteBox, describe
from arena.workshop.options import Options

T = TypeVar("T")
VERSION = 1
MOST_HOSTS, MOST_KEYS = 1000, 100_000
TOGETHER = 10
"""So many keys' images are answered together; a release with a mark in its weights is trained and scored by itself."""
Heard = Callable[[str, int, int], None]
"""Hears what is being done, how many are done, of how many."""


@dataclass(frozen=True)
class Calibration:
    """How often innocents reach R bits with honest keys. `accuracy` of the hosts on test images is (lowest, mean,
    highest); `over` says what is drawn anew in the intervals: keys, or keys
    and hosts; `granted` pairs of all `pairs`, on `granted_hosts` of the hosts; `greatest` rarity in bits of any pair;
    `unscored` pairs could not be examined and count as 0 bits."""

    scheme: str
    described: str
    task: Mapping[str, Any]
    seed: int
    hosts: tuple[Innocent, ...]
    accuracy: tuple[float, float, float]
    keys: int
    over: str
    levels: tuple[Exceedance, ...]
    greatest: float
    bounds: Mapping[str, float]
    granted: int
    granted_hosts: int
    unscored: int
    machine: Mapping[str, str]
    version: int = VERSION

    @property
    def pairs(self) -> int:
        return self.keys * len(self.hosts)

    @property
    def calibrated(self) -> bool:
        """Whether innocents keep what rarity promises, as far as so many draws can tell."""
        return worst(self.levels) is None

    @property
    def holds(self) -> bool:
        """Whether it is calibrated and the default policy granted no innocent's host."""
        return self.calibrated and not self.granted

    @property
    def verdict(self) -> str:
        """In words."""
        level = worst(self.levels)
        if level is None:
            return (f"calibrated: innocents reach R bits no more often than 2^-R, R = 1 to {self.levels[-1].bits} "
                    f"(99 %, over {self.over})")
        return (f"wrong null: at R = {level.bits} innocents exceed {level.share:.1e} of the time, "
                f"{level.share / level.promised:.3g} times as often as 2^-{level.bits} (99 % interval {level.low:.1e} "
                f"to {level.high:.1e}, over {self.over})")

    @property
    def grants(self) -> str:
        """What the default policy made of it, in words."""
        bounds = f"{self.bounds['rarity']:g} bits of rarity and {self.bounds['work']:g} of work"
        on = f" on {self.granted_hosts} hosts" if self.granted else ""
        return f"granted under the scheme's bounds ({bounds}): {self.granted:,} of {self.pairs:,} pairs{on}"

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {**asdict(self), "calibrated": self.calibrated, "verdict": self.verdict}

    @classmethod
    def from_data(cls, plain: Mapping[str, Any]) -> Calibration:
        """The inverse of `as_data`. ArenaError for what is no calibration of this version."""
        try:
            if plain["version"] != VERSION:
                raise ArenaError(f"a calibration of version {plain['version']!r:.20}, not {VERSION}")
            known = {f.name: plain[f.name] for f in fields(cls)}
            return cls(**{**known, "hosts": tuple(Innocent(**host) for host in plain["hosts"]),
                          "accuracy": tuple(plain["accuracy"]),
                          "levels": tuple(Exceedance(**level) for level in plain["levels"])})
        except (KeyError, TypeError) as error:
            raise ArenaError(f"this is no calibration: {type(error).__name__}") from None


def calibrate(scheme: Scheme, task: Task, options: Options, *, hosts: int = 60, keys: int = 200, seed: int = 0,
              processes: int = 1, journal: Path | None = None,
              heard: Heard = lambda what, done, total: None) -> Calibration:
    """`keys` keys, each of another claimant and drawn as an owner draws it, examined on `hosts` innocent hosts as the
    Verifier examines a claim, whose control hosts are others.

    Innocents differ in seed, data and network (`arena.calibration.plan`); where marks are in the weights, only in
    networks on which a key can be examined, each beside the release that its owner marked. Several `processes` work on
    hosts and keys side by side, a thread each (so `options` should say one). With a `journal` keys that were scored
    before, by the same code, are not scored again. ArenaError for what can't be calibrated.
    """
    if not 1 <= hosts <= MOST_HOSTS or not 2 <= keys <= MOST_KEYS:
        raise ArenaError(f"{hosts} hosts and {keys} keys: 1 to {MOST_HOSTS} hosts, 2 to {MOST_KEYS} keys are wanted")
    everywhere = Company(task, options, seed, hosts, all_networks(task))
    first = Trial.of(scheme, everywhere).opened(1).examination
    company = _fitting(first, name_of(scheme), everywhere)
    trial = Trial.of(scheme, company)
    kept = Journal(journal, _head(trial))
    missing = [number for number in range(1, keys + 1) if number not in kept.scores]
    if missing:
        _made(company, processes, heard)
    size = 1 if isinstance(first, WhiteBox) else TOGETHER
    portions = [missing[at : at + size] for at in range(0, len(missing), size)]
    for scores in _each(Trial.scores, trial, portions, processes):
        for scored in scores:
            kept.add(scored)
        heard("keys", len(kept.scores), keys)
    return _calibration(trial, [kept.scores[number] for number in range(1, keys + 1)])


def _fitting(examination: BlackBox | WhiteBox, scheme: str, company: Company) -> Company:
    """With the networks alone on which the first key can be examined."""
    networks = [network for network in company.networks if fits(examination, company, network)]
    if not networks:
        raise ArenaError(f"a key of {scheme} can be examined on none of {', '.join(company.networks)}")
    return company.of(networks)


def _made(company: Company, processes: int, heard: Heard) -> None:
    """Trains the innocents, so that scoring finds them in the store."""
    for done, _ in enumerate(_each(_host, company, company.innocents, processes), 1):
        heard("innocent hosts", done, company.hosts)


def _host(company: Company, innocent: Innocent) -> None:
    company.host(innocent)


def _each(work: Callable[[Any, Any], T], what: Any, items: Sequence[Any], processes: int) -> Iterator[T]:
    """What `work` makes of each item: here, or in processes side by side."""
    if processes == 1 or len(items) < 2:
        return map(partial(work, what), items)
    return together(partial(work, what), items, processes)


def _head(trial: Trial) -> dict[str, Any]:
    """All that scores depend on but the key's number."""
    company = trial.company
    return {"version": VERSION, "scheme": describe(trial.scheme), "name": name_of(trial.scheme),
            "task": asdict(company.task), "seed": company.seed, "hosts": company.hosts,
            "networks": list(company.networks), "device": company.options.device, **machine()}


def _calibration(trial: Trial, scores: Sequence[Scored]) -> Calibration:
    rarity, granted = np.array([s.rarity for s in scores]), np.array([s.granted for s in scores])
    hosts_drawn, scheme = any(s.estimated for s in scores), trial.scheme
    over = f"{len(scores)} keys" + (f" and {trial.company.hosts} hosts" if hosts_drawn else "")
    return Calibration(
        name_of(scheme), describe(scheme), asdict(trial.company.task), trial.company.seed, trial.company.innocents,
        accuracy_of(trial.company), len(scores), over, exceedances(rarity, hosts_drawn), float(rarity.max()),
        asdict(scheme.bounds), int(granted.sum()), int(granted.any(0).sum()), sum(s.unscored for s in scores),
        machine())
