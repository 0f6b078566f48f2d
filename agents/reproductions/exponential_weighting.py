"""Namba and Sakuma 2019, tables 1 to 3 and figure 2: ten kinds of key samples against pruning and query
modification."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any, ClassVar

from scipy import stats

from agents.reproductions import _namba_sizes as sizes
from agents.reproductions._key_sample_games import (
    CHANGED,
    CONTROL,
    FLOOR,
    PROPOSAL,
    QUICK,
    RIVALS,
    Played,
    Trial,
    play,
    prepare,
)
from agents.reproductions._namba_sakuma import ABSENT, TABLE_1, TABLE_2, TABLE_3, UNMARKED, printed
from arena.base.errors import ArenaError
from arena.hosts.task import Task
from arena.reproduction.reproduction import Figure, Reproduction, Row, Shown, Studio, spread

DATA = ("mnist", "gtsrb", "cifar10", "cifar100")
LEFT_OUT = dict.fromkeys(DATA, "left out of the quick profile, for its time") | {"cifar100": "CIFAR-100 is not at hand"}
WHOLE = {"model": "", "query": " (detected ones)"}
SURVIVES = 0.9


@dataclass(frozen=True)
class ExponentialWeighting(Reproduction):
    """Namba and Sakuma 2019: robust watermarking of neural network with exponential weighting"""

    title: ClassVar[str] = "Namba, Sakuma: Robust Watermarking of Neural Network with Exponential Weighting (2019)"
    seeds: ClassVar[int] = 1
    throughout: ClassVar[str] = (
        "up to 1,050 images with a pattern for the paper's thousands; trousers of Fashion-MNIST for EMNIST's m; the "
        "target class comes from a hash, and no "
        "image of the key is of it; pruning by share of each layer, not of the network; Nesterov and weight decay "
        "1e-4; key samples are shown as they are "
        "too, as are as many other images; the plain versions of key images leave the training set. Quick only: the "
        "autoencoder is trained for 100 or 200 "
        "epochs with batches of 50 and a one-cycle rate of 0.01 (400, 100, 0.001 constant), and each rate of pruning "
        "is judged on 2,000 test images.")
    full: ClassVar[str] = (
        "ResNet-32, 100 epochs with the paper's steps, 4 key samples for 100 images, T = 2.0, the paper's autoencoder "
        "and numbers of the thief's samples, on MNIST, GTSRB and CIFAR-10 (80 % of the training images); "
        "patterns keep 1,050 key samples. It was not run for this page.")

    def task(self, quick: bool) -> Task:
        common: dict[str, Any] = {"rate": 0.1, "optimizer": "sgd", "weight_decay": 1e-4, "dataset": "cifar10",
                                  "shift": 4, "flip": True}
        if quick:
            return Task(**common, **QUICK["cifar10"].task, network="resnet-8", schedule="one-cycle")
        return Task(**common, batch=100, network="resnet-32", epochs=100, schedule="steps", milestones=(40, 60),
                    factor=0.1)

    def rows(self, studio: Studio) -> Iterator[Row | Figure]:
        trials: dict[str, list[Trial]] = {}
        for name in DATA:
            if studio.quick and name not in QUICK:
                yield from sizes.not_played(name, LEFT_OUT[name])
                continue
            hosts = [Trial(studio.alone, name, seed) for seed in studio.seeds]
            try:
                hosts[0].shop.load_dataset(name)
            except ArenaError as error:
                yield from sizes.not_played(name, str(error).splitlines()[0])
            else:
                trials[name] = hosts
        every = [trial for hosts in trials.values() for trial in hosts]
        deque(studio.together(prepare, [(trial.name, trial.seed, what) for trial in every for what in trial.common]),
              maxlen=0)
        games = studio.together(play, [(name, trial.seed, what) for name, hosts in trials.items()
                                       for what in hosts[0].schemes for trial in hosts])
        results: dict[str, dict[str, Played]] = {}
        for name, hosts in trials.items():
            results[name] = {}
            unmarked = [b for trial in hosts for b in trial.baselines]
            yield Row("Table 3", f"{name}: test accuracy, no watermark", UNMARKED[name] + " %",
                      f"{100 * mean(unmarked):.1f} %", len(unmarked),
                      spread([100 * b for b in unmarked], "{:.1f}"), hosts[0].note)
            yield from self._settings(hosts[0])
            for what, why in hosts[0].missing.items():
                yield Row("Table 2", f"{name}, {what}: not played", printed(TABLE_2, name, what), "-", 0, differs=why)
            for what in hosts[0].schemes:
                played = results[name][what] = Played([next(games) for _ in hosts])
                yield from under(hosts[0].conditions, self._table_3(name, what, played, mean(unmarked)))
                yield from under(hosts[0].conditions, self._tables_1_and_2(name, what, played, studio.quick))
            yield from under(hosts[0].conditions,
                             self._verdict(name, results[name], len(hosts[0].shop.dataset.parts["test"])))
            yield from sizes.grid(name, {what: played.mean.grid for what, played in results[name].items()})
            for when in ("model", "query"):
                values = {what: [played.mean.auc[when][k] for k in (20, 10, 5)]
                          for what, played in results[name].items()}
                yield Figure.bars("Figure 2", f"{name}: AUC under {when} modification at 20, 10, 5 key samples", values,
                                  ("20", "10", "5"), "AUC")
        yield from self._both(results)

    @staticmethod
    def _settings(trial: Trial) -> Iterator[Row | Figure]:
        yield sizes.table_4(trial)
        yield from sizes.table_5(trial)
        yield from sizes.table_6(trial)
        yield sizes.figure_1(trial)
        yield from sizes.frontier(trial)

    def shown(self, quick: bool) -> Sequence[Shown]:
        played = "MNIST and CIFAR-10" if quick else "MNIST, GTSRB and CIFAR-10"
        smaller = "smaller networks, fewer images; GTSRB left out for its time" if quick else "80 % of their images"
        how = f"{played}, {smaller}; CIFAR-100 not at hand"
        return (*(Shown(f"Table {n}", "smaller", how) for n in (1, 2, 3)), Shown("Table 4", "reproduced"),
                Shown("Table 5", "smaller", "ours beside theirs, fewer epochs" if quick else "ours beside theirs"),
                Shown("Table 6", "smaller", f"ours beside theirs, each with its share; {how}"),
                Shown("Figure 1", "smaller", "each scheme's own image, not one image under all"),
                Shown("Figure 2", "smaller", how))

    def _table_3(self, name: str, what: str, played: Played, baseline: float) -> Iterator[Row]:
        r, floor = (played.mean, "" if played.mean.pruned_accuracy >= baseline
                    - FLOOR else f"; no rate stays within {100 * FLOOR:.0f} points")
        yield Row("Table 3", f"{name}, {what}: test accuracy, nothing done; pruned; query modified (%)",
                  printed(TABLE_3, name, what),
                  f"{100 * r.accuracy:.1f}; {100 * r.pruned_accuracy:.1f} (rate {100 * r.rate:.0f} %); "
                  f"{100 * r.modified_accuracy:.1f}", len(played.results),
                  played.spread(lambda r: 100 * r.accuracy, "{:.1f}"),
                  f"within 1.5 points of the unmarked one asked for{floor}",
                  holds=r.accuracy >= baseline - 0.015)

    def _tables_1_and_2(self, name: str, what: str, played: Played, quick: bool) -> Iterator[Row]:
        r, hosts, tuned, least = played.mean, len(played.results), "", 0.9 if what == "frontier-stitching" else 1.0
        if what in (PROPOSAL, CONTROL) and quick:
            how = QUICK[name].proposal
            tuned = f"; embedded with Adam at {how['adam']:g}" + (f"; T = {how['temperature']:g} for 2 (tuned on seed "
                                                                  f"1's host)" if what == PROPOSAL else "")
        table_2 = printed(TABLE_2, name, what)
        asked = name == "cifar10" and what.startswith(("content", "noise", "deepsigns"))
        yield Row("Table 1", f"{name}, {what}: detected by reconstruction; divergence; either",
                  printed(TABLE_1, name, what),
                  "; ".join(f"{r.detected[k]:.2f}" for k in ("reconstruction", "divergence", "both")), played.keys,
                  played.spread(lambda r: r.detected["both"]), "0.9 asked for" if asked else "",
                  holds=r.detected["both"] >= 0.9 if asked else None)
        yield Row("Table 2", f"{name}, {what}: watermark accuracy, nothing done; query modified; model modified",
                  table_2 if table_2 == ABSENT else f"1.0; {table_2}",
                  f"{r.plain:.2f}; {r.query:.2f}; {r.model:.2f}", played.keys,
                  "; ".join(played.spread(value) for value in (lambda r: r.plain, lambda r: r.query,
                                                               lambda r: r.model)) if hosts > 1 else "-",
                  f"{least} asked for, nothing done{tuned}", holds=r.plain >= least)
        if table_2 != ABSENT:
            yield sizes.at_their_cost(name, what, played)
        if what == PROPOSAL:
            for when in ("model", "query"):
                yield Row("Figure 2", f"{name}, {what}: AUC at 20, 10, 5 keys under {when} modification{WHOLE[when]}",
                          "1; 1 (almost all); 0.85 (worst, GTSRB)",
                          "; ".join(f"{r.auc[when][k]:.3f}" for k in (20, 10, 5)), 30 * hosts,
                          differs=f"1 at 20 keys asked for; one marked and one unmarked model, 30 bootstraps{tuned}",
                          holds=r.auc[when][20] == 1.0)
                yield Row("-", f"{name}, {what}: rarity of 20, 10, 5 keys under {when} modification (bits)",
                          "not in the paper",
                          "; ".join(f"{r.rarity[when][k]:.1f}" for k in (20, 10, 5)), hosts,
                          differs="the first keys, chance 1 / (classes - 1)")

    def _verdict(self, name: str, results: dict[str, Played], tests: int) -> Iterator[Row]:
        fallen = [what for what, played in results.items() if what in RIVALS and played.mean.model < 0.5]
        theirs = [what for what in RIVALS if what in results and float(TABLE_2[name][what][1]) < 0.5]
        changed, hosts = results[CHANGED], len(results[CHANGED].results)
        alarms, caught, drop = (changed.mean.alarms, changed.mean.detected["both"],
                                changed.mean.accuracy - changed.mean.modified_accuracy)
        yield Row("Table 2",
                  f"{name}: rivals under 0.5 after model modification within {100 * FLOOR:.0f} points of accuracy",
                  ", ".join(theirs) or "none",
                  ", ".join(fallen) or "none", hosts, differs="at least one asked for", holds=bool(fallen))
        judged = name == "cifar10"
        yield Row("4.2", f"{name}, {CHANGED}: false alarms; points of accuracy lost by query modification",
                  "not printed (5 % for each of two thresholds)",
                  f"{alarms:.3f}; {100 * drop:.1f}", tests * hosts, changed.spread(lambda r: r.alarms, "{:.3f}"),
                  "at most 0.12 and under 4 points asked for" if judged else "",
                  holds=alarms <= 0.12 and drop < 0.04 if judged else None)
        chance = stats.binom.sf(round(caught * changed.keys) - 1, changed.keys, alarms)
        yield Row("5.1", f"{name}: {CHANGED} keys detected, against false alarms", "not printed",
                  f"{caught:.2f} against {alarms:.2f}",
                  changed.keys, changed.spread(lambda r: r.detected["both"]),
                  f"{'within 0.2 asked for; ' if judged else ''}as many or more by chance: p = {chance:.2g}",
                  holds=abs(caught - alarms) <= 0.2 if judged else None)

    def _both(self, results: dict[str, dict[str, Played]]) -> Iterator[Row]:
        left = {what: [min(found[what].mean.query, found[what].mean.model)
                       for found in results.values() if what in found] for what in RIVALS}
        survivors = [what for what, least in left.items() if least and min(least) > SURVIVES]
        yield Row("Table 2", f"rivals above {SURVIVES} under both on every data set", "none",
                  ", ".join(survivors) or "none", len(results),
                  differs=f"differs from the paper: {', '.join(survivors)}" if survivors else "none asked for",
                  holds=not survivors)


def under(conditions: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, each with the conditions of its hosts."""
    for row in rows:
        yield replace(row, differs=f"{conditions}; {row.differs}" if row.differs else conditions)
