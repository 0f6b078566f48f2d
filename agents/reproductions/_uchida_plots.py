"""The figures of the page on Uchida et al., with the rows that belong to them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from agents.reproductions._uchida_hosts import Hosts
from agents.reproductions._uchida_marks import BITS, Mark, embedded, scaled
from agents.reproductions._uchida_printed import TABLE_7
from agents.schemes.weights import uchida
from arena.game.rarity import binomial_rarity, gaussian_rarity
from arena.reproduction.reproduction import Figure, Row

KINDS = {"plain": "not embedded", "direct": "embedded (direct)", "diff": "embedded (diff)",
         "random": "embedded (random)"}
RATES = tuple(range(5, 100, 5))
ORDERS = ("ascending", "descending", "random")
UNTRAINED_LOSS = 1.066
"""E_R of the paper's own host before eq. (6), Table 7 at lambda 0."""


def training(host: Hosts) -> Iterator[Figure]:
    """Figures 1 and 4."""
    curves = {name: (host[kind].errors, host[kind].curves.loss) for kind, name in KINDS.items()}
    yield Figure.training("Figure 1", "test error (solid) and training loss with the mark's (dashed), by epoch", curves)
    first = host["plain"]
    yield Figure.training("Figure 4", "fine-tuning: first and second training, one behind the other", {
        name: ([*first.errors, *host[second].errors], [*first.curves.loss, *host[second].curves.loss])
        for second, name in (("again plain", "not embedded"), ("again embedded", "embedded in the second"))})


def histograms(host: Hosts) -> Iterator[Figure | Row]:
    """Figures 2 and 3."""
    plain = host["plain"]
    for letter, kind in zip("abc", ("direct", "diff", "random"), strict=True):
        mark = host[kind]
        values = {"embedded": mark.values(), "not embedded": mark.values(plain.host)}
        yield Figure.histogram(f"Figure 2 ({letter})", f"sigma(Xw) before thresholding, X {kind}; b = 0 bits turned "
                               f"around", values, "sigma(Xw), turned by b", 0, 1)
    for name in ("random", "plain"):
        figures = host["random"].figures(host[name].host)
        bits = binomial_rarity(BITS - figures.errors, BITS, 0.5)
        yield Row("Figure 2 (c)", f"rarity, {KINDS[name]}", "not printed",
                  f"{bits:.1f} bits; before thresholding {gaussian_rarity(figures.detection):.1f}", 1,
                  differs="256 bits are the most that 256 bits can say")
    weights = {name: host[kind].weights() for kind, name in KINDS.items()}
    reach = float(np.quantile(np.abs(np.concatenate(list(weights.values()))), 0.999))
    yield Figure.histogram("Figure 3", "weights W of the marked layer (not w)", weights, "W", -reach, reach)


def pruning(marks: Sequence[Mark], plain: Mark, note: str) -> Iterator[Row | Figure]:
    """Figures 5 and 6."""
    rates: dict[str, list[float]] = {}
    losses: dict[str, list[float]] = {}
    for order in ORDERS:
        figures = [[m.figures(m.pruned(rate / 100, order)) for rate in RATES] for m in marks]
        wrong, loss = (np.array([[getattr(f, name) for f in row] for row in figures]) for name in ("errors", "loss"))
        rates[order], losses[order] = (wrong.mean(0) / BITS).tolist(), loss.mean(0).tolist()
        yield from _pruned(order, wrong, note)
    means = {order: float(np.mean(row[: RATES.index(80) + 1])) for order, row in losses.items()}
    yield Row("Figure 5 (a)", "mean E_R up to 80 %: ascending; descending; random", "not printed: ascending the least",
              "; ".join(f"{means[order]:.3f}" for order in ORDERS), len(marks), differs=note,
              holds=means["ascending"] < min(means["descending"], means["random"]))
    for letter, curves, up in (("a", losses, "E_R"), ("b", rates, "bit error rate")):
        yield Figure.lines(f"Figure 5 ({letter})", f"{up} after pruning the marked layer",
                           {order: (RATES, curve) for order, curve in curves.items()}, "pruned (%)", up)
    mark = marks[0]
    after = {"embedded, 80 %": mark.values(mark.pruned(0.8, "ascending")),
             "embedded, 95 %": mark.values(mark.pruned(0.95, "ascending")),
             "not embedded, 95 %": mark.values(mark.pruned(0.95, "ascending", plain.host))}
    yield Figure.histogram("Figure 6", "sigma(Xw) after pruning, ascending", after, "sigma(Xw), turned by b", 0, 1)


def _pruned(order: str, wrong: np.ndarray, note: str) -> Iterator[Row]:
    for rate, printed, most in ((65, "0", 0), (80, "2", 4)):
        here = wrong[:, RATES.index(rate)]
        asked = order == "ascending"
        yield Row("Figure 5 (b)", f"bit errors of 256 after pruning {rate} % of the layer, {order}",
                  printed if asked else "not printed", ", ".join(map(str, here)), len(here),
                  differs=f"{note}; at most {most} asked for" if asked else note,
                  holds=bool((here <= most).all()) if asked else None)


def coded(host: Hosts, quick: bool) -> Row:
    """A message under a code; in the quick profile put there without training (eq. 6), which saves a host."""
    shop, scheme = host.shop, replace(host.scheme("random"), code=True)
    if quick:
        scheme = replace(scheme, embed="weights", strength=10.0)
    key = scheme.draw_key(shop)
    mark = Mark(shop, key, scheme.mark(key, shop), shop.trainings[-1])
    after = mark.figures(mark.pruned(0.8, "ascending"))
    held = uchida.codes.recover(after.bits) == key.payload
    return Row("4.3.2", "payload under a BCH code after 80 % pruning", "can be corrected",
               f"{'recovered' if held else 'lost'}, {after.errors} bit errors", 1,
               differs="embedded without training, lambda 10" if quick else "", holds=held)


def table_7(host: Hosts) -> Iterator[Row]:
    """Eq. (6) on our host's layer scaled to the paper's E_R before embedding (its 200 epochs had made w0 ten times as
    large), and on our host as it is, whose test error can be taken."""
    shop, plain = host.shop, host["plain"].host
    key = host["random"].key
    keys = [replace(key, seed=shop.draws.bytes(f"seed {i} of eq. 6")) for i in range(5)]
    for strength, (norm, loss, error, ber) in TABLE_7.items():
        found = [embedded(scaled(plain, each, UNTRAINED_LOSS), each, strength) for each in keys]
        moved, ours = float(np.mean([m for m, _ in found])), float(np.mean([f.loss for _, f in found]))
        rates = [f.error_rate for _, f in found]
        right = np.mean(rates) > 0.25 if strength <= 1 else np.median(rates) == 0
        asked, note = strength in (1, 10), f"w0 scaled to the paper's E_R at lambda 0{_optimum(strength, norm, loss)}"
        yield Row("Table 7", f"eq. (6), lambda {strength:g}: |w - w0|^2 / 2; E_R; BER",
                  f"{norm:.3f}; {loss:.3f}; {ber:.3f}", f"{moved:.3f}; {ours:.3f}; {np.mean(rates):.4f}", len(found),
                  f"BER {min(rates):.3f} to {max(rates):.3f}",
                  note + ("; norm within 15 %, BER (median) asked for" if asked else ""),
                  bool(abs(moved / norm - 1) <= 0.15 and right) if asked else None)
        if strength:
            yield Row("Table 7", f"the loss of eq. (6) that these give, lambda {strength:g}",
                      f"{norm + strength * loss:.3f}", f"{moved + strength * ours:.3f}", len(found),
                      differs="computed from the line above; the smaller one is nearer to the optimum")
        own = copy.deepcopy(plain)
        moved, figures = embedded(own, keys[0], strength)
        yield Row("Table 7", f"our host as it is, lambda {strength:g}: test error", f"{error} %",
                  f"{100 * (1 - shop.accuracy(own)):.2f} %", 1,
                  differs=f"trained briefly, so w0 is small; |w - w0|^2 / 2 {moved:.3f}, E_R {figures.loss:.3f}, BER "
                          f"{figures.error_rate:.3f}")


def _optimum(strength: float, norm: float, loss: float) -> str:
    """At lambda 100 the paper's numbers are no optimum."""
    return (f"; the paper's {norm:g} is not the optimum of eq. (6): its own numbers give a loss of "
            f"{norm + strength * loss:.2f}, the next line has that of a minimum found by L-BFGS"
            if strength == 100 else "")
