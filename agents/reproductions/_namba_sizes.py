"""What the page on Namba and Sakuma says beside its games: sizes, the autoencoder, key samples as pictures, why an
adversarial key is forgotten, and what is not played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean

import numpy as np
import torch
from torch import nn

from agents.attacks.service.autoencoder import passed, to_pixels
from agents.reproductions._key_sample_games import HOSTS, RATES, RIVALS, Played, Trial
from agents.reproductions._namba_sakuma import NAMES, TABLE_1, TABLE_2, TABLE_3, TABLE_6, THIEF, TRAINED_ON, printed
from agents.schemes.patterns._pattern import Pattern
from agents.schemes.triggers._key_samples import some
from agents.schemes.triggers.frontier_stitching import fgsm
from arena.report.plots import pictures
from arena.reproduction.reproduction import Figure, Row, spread

EPSILONS = (0.1, 0.03, 0.01)
CANDIDATES = 120
FILTERS = "16, 32, 64, 32, 16, 3"


def table_4(trial: Trial) -> Row:
    """The autoencoder's layers, counted in the thief's own."""
    layers = [layer for layer in trial.attack.network(trial.loot(None)).modules()
              if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    shapes = {(layer.kernel_size, layer.stride) for layer in layers}
    return Row("Table 4", "filters of the six layers, all 3x3 with stride 2", FILTERS,
               ", ".join(str(layer.out_channels) for layer in layers), 1,
               differs=f"{trial.name}: the last layer has as many filters as the image has channels",
               holds=shapes == {((3, 3), (2, 2))} and len(layers) == 6)


def table_5(trial: Trial) -> Iterator[Row]:
    """How hosts and the autoencoder are trained."""
    task, attack = trial.shop.task, trial.attack
    keys = max(1, round(trial.scheme("noise").share * 100))
    for what, paper, ours in (
            ("host: optimiser; epochs; batch; rate", "momentum SGD; 100; 100; 0.1 (x 0.1 at 40, 60)",
             f"{task.optimizer}; {task.epochs}; {task.batch}; {task.rate:g} ({task.schedule})"),
            ("key samples for 100 images", "4", str(keys)),
            ("autoencoder: optimiser; epochs; batch; rate", "Adam; 400; 100; 0.001",
             f"adam; {attack.epochs}; {attack.batch}; {attack.rate:g} ({attack.schedule})")):
        yield Row("Table 5", f"{trial.name}, {what}", paper, ours, 1,
                  differs="as the paper's" if ours == paper else "differs, see what differs throughout")


def table_6(trial: Trial) -> Iterator[Row]:
    """How many samples: what is smaller says so."""
    name, data = trial.name, trial.shop.dataset.parts
    sizes = [("training samples", TRAINED_ON[name], len(data["train"])),
             ("samples of the thief", THIEF[name], trial.samples)]
    for what in NAMES:
        if what in trial.schemes:
            scheme = trial.scheme(what)
            more = scheme.more if isinstance(scheme, Pattern) else 0
            sizes.append((f"key samples, {what}", TABLE_6[name].get(what.split()[0], 30), scheme.keys + more))
    for text, paper, ours in sizes:
        share = f"{100 * ours / paper:.1f} % of the paper's" if ours != paper else "the paper's"
        yield Row("Table 6", f"{name}: {text}", f"{paper:,}", f"{ours:,}", 1, differs=share)


def figure_1(trial: Trial) -> Figure:
    """A key sample of each scheme, above, and what the thief's autoencoder makes of it, below; an ordinary image
    first."""
    shop, network = trial.shop, trial.attack.network(trial.loot(None))
    tops = {"original": shop.dataset.parts["test"].images[:1].numpy(),
            **{what: trial.scheme(what).draw_key(shop).images[:1] for what in RIVALS if what in trial.schemes}}
    images = np.concatenate(list(tops.values()))
    back = np.concatenate([to_pixels(each) for _, each in passed(network, images, trial.loot(None))])
    change = {name: [float(np.square(a / 255 - b / 255).sum())] for name, a, b in zip(tops, images, back, strict=True)}
    return Figure("Figure 1", f"{trial.name}: key samples, above, and after the autoencoder, below",
                  svg=pictures(dict(zip(tops, zip(images, back, strict=True), strict=True))), values=change)


def frontier(trial: Trial) -> Iterator[Row]:
    """Where a host that forgets an adversarial key ends: at what hosts answer that never saw it."""
    shop, host, other = trial.shop, trial.unmarked(), trial.unmarked(HOSTS[1])
    images, truth = some(shop, CANDIDATES, "images near the frontier")
    for epsilon in EPSILONS:
        pushed = fgsm(host, torch.from_numpy(images), torch.from_numpy(truth), epsilon, shop.device)
        fooled = shop.predict(host, pushed) != truth
        right = shop.predict(other, pushed) == truth
        ours = f"{right[fooled].mean() if fooled.any() else float('nan'):.2f} of {fooled.sum()}; {right.mean():.2f}"
        yield Row("4.3", f"{trial.name}, frontier-stitching, epsilon {epsilon:g}: answered right by a host that never "
                  f"saw them, of the images that fool the host; of all", "not printed", ours, CANDIDATES,
                  differs="what a mark is worth once it is forgotten; the paper prints neither its epsilon nor how "
                          "many of its keys fooled the host: ours all do, at 0.1")


def grid(name: str, found: Mapping[str, Mapping[str, Mapping[float, float]]]) -> Iterator[Figure]:
    """What each of the ten rates leaves: the paper prints only the rate that hurts the mark most."""
    for of, where, up in (("watermark", "Table 2", "watermark accuracy"), ("accuracy", "Table 3", "test accuracy")):
        curves = {what: ([100 * rate for rate in left[of]], list(left[of].values())) for what, left in found.items()}
        yield Figure.lines(where, f"{name}: {up} after pruning with re-training, by rate", curves, "pruned (%)", up)


def at_their_cost(name: str, what: str, played: Played) -> Row:
    """What pruning leaves of the mark where the thief gives away no more accuracy than the paper's did (Table 3):
    ours may go ten points below the unmarked host, and the paper's stops far above that."""
    whole, pruned, _ = (float(percent) for percent in TABLE_3[name][what])
    lost = whole - pruned
    within = [[result.grid["watermark"][rate] for rate, right in result.grid["accuracy"].items()
               if right >= result.accuracy - lost / 100] for result in played.results]
    left = [min(each) for each in within if each]
    return Row("Table 2", f"{name}, {what}: watermark accuracy after model modification for the paper's price, "
               f"{lost:.1f} points", TABLE_2[name][what][1], f"{mean(left):.2f}" if left else "-",
               sum(result.keys for result, each in zip(played.results, within, strict=True) if each), spread(left),
               f"{sum(map(len, within))} of {len(within) * len(RATES)} rates cost no more")


def not_played(name: str, why: str) -> Iterator[Row]:
    """The paper's cells of a data set without ours, and the reason."""
    for where, table in (("Table 1", TABLE_1), ("Table 2", TABLE_2), ("Table 3", TABLE_3)):
        for what in table[name]:
            yield Row(where, f"{name}, {what}: not played", printed(table, name, what), "-", 0, differs=why)
    sizes: Sequence[tuple[str, int]] = (("training samples", TRAINED_ON[name]), ("samples of the thief", THIEF[name]),
                                        *((f"key samples, {what}", count) for what, count in TABLE_6[name].items()))
    for what, count in sizes:
        yield Row("Table 6", f"{name}: {what}: not played", f"{count:,}", "-", 0, differs=why)
