"""The rows of the page on Uchida et al. that need trained hosts, in the order of the paper."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from statistics import mean

from agents.reproductions._uchida_hosts import EVERY_CELL, Hosts, missing
from agents.reproductions._uchida_marks import BITS, Mark, key_of, layer_of
from agents.reproductions._uchida_printed import GROUPS, OVERWRITTEN, TABLE_4, TABLE_5, TABLE_6, TABLE_8, WIDTHS
from agents.schemes.weights._in_weights import embed_in_weights
from agents.schemes.weights.uchida import read
from arena.hosts.layers import mean_filter, weight_of
from arena.reproduction.reproduction import Row, spread

FIT = 1e5
"""lambda of eq. (6) where bits are fitted to the weights alone."""


def table_3(host: Hosts) -> Iterator[Row]:
    """The vector w of each group: the network is the paper's."""
    for group, width in WIDTHS.items():
        found = len(mean_filter(weight_of(host["plain"].host, layer_of(group))))
        yield Row("Table 3", f"numbers in w, {group}", str(width), str(found), 1, differs="counted, no training",
                  holds=found == width)


def tested(where: str, what: str, paper: str, marks: Sequence[Mark], note: str) -> Iterator[Row]:
    """Best test error and the one at the end: the paper prints the best."""
    best, final = [m.best for m in marks], [m.final for m in marks]
    watched = min(marks[0].shop.options.watched, len(marks[0].shop.dataset.parts["test"]))
    yield Row(where, f"{what}: test error, best", paper, f"{mean(best):.2f} %", len(best), spread(best, "{:.2f}"),
              f"{note}; best of {len(marks[0].curves.watched)} epochs, on {watched:,} test images")
    yield Row(where, f"{what}: test error, at the end", f"not printed (best: {paper})", f"{mean(final):.2f} %",
              len(final), spread(final, "{:.2f}"), f"{note}; {len(marks[0].shop.dataset.parts['test']):,} test images")


def lost(where: str, what: str, paper: str, marks: Sequence[Mark], note: str) -> Iterator[Row]:
    """E_R, mean per bit, and that every bit is there."""
    found = [m.figures() for m in marks]
    losses = [f.loss for f in found]
    yield Row(where, f"{what}: E_R", paper, f"{mean(losses):.2e}", len(losses), spread(losses, "{:.2e}"),
              f"{note}; mean per bit")
    wrong = [f.errors for f in found]
    yield Row(where, f"{what}: bit errors of {len(found[0].bits)}", "0", ", ".join(map(str, wrong)), len(wrong),
              spread(wrong, "{:.0f}"), note, not any(wrong))


def table_4(hosts: Sequence[Hosts], note: str, quick: bool) -> Iterator[Row]:
    kinds = {name: [host[name] for host in (hosts[:1] if quick and name in ("direct", "diff") else hosts)]
             for name in TABLE_4}
    for name, (error, loss) in TABLE_4.items():
        what = "not embedded" if name == "plain" else f"X {name}"
        yield from tested("Table 4", what, error, kinds[name], note)
        if name != "plain":
            yield from lost("Table 4", what, loss, kinds[name], note)
    gaps = [a.final - b.final for a, b in zip(kinds["random"], kinds["plain"], strict=True)]
    yield Row("Table 4", "points of accuracy that the mark costs, X random", "-0.07", f"{mean(gaps):+.2f}", len(gaps),
              spread(gaps, "{:+.2f}"), f"{note}; at most 1.5 asked for of each host", max(gaps) <= 1.5)
    random, direct = (mean(m.figures().loss for m in kinds[name]) for name in ("random", "direct"))
    yield Row("Table 4", "E_R of direct over that of random", "261", f"{direct / random:.0f}", len(kinds["direct"]),
              differs=f"{note}; at least 20 asked for", holds=direct / random >= 20)


def table_5(host: Hosts, note: str) -> Iterator[Row]:
    why = missing(host.shop)
    for name, (part, what, error, loss) in TABLE_5.items():
        if why and "abroad" in name:
            yield Row("Table 5", f"{part} {what}: not played", f"{error}; {loss}", "-", 0, differs=why)
            continue
        how = note if name == "plain" else f"{note}; second training of {host.again.epochs} epochs"
        yield from tested("Table 5", f"{part} {what}", error, [host[name]], how)
        if loss != "N/A":
            yield from lost("Table 5", f"{part} {what}", loss, [host[name]], how)


def table_6(hosts: Sequence[Hosts], trained: Sequence[str], note: str) -> Iterator[Row]:
    """Trained cells, and what a fit to the weights alone says of the others."""
    for bits, (errors, losses) in TABLE_6.items():
        for group, error, loss in zip(GROUPS, errors, losses, strict=True):
            name, what = f"{group} {bits}", f"{bits} bits in {group}"
            if (group, bits) == ("conv2", BITS):
                yield from _cell(what, error, loss, [host["random"] for host in hosts], note)
            elif name in trained:
                yield from _cell(what, error, loss, [hosts[0][name]], note)
            else:
                yield _fitted(hosts[0], group, bits, f"{loss}; {error} %")
    assert set(trained) <= set(EVERY_CELL)


def _cell(what: str, error: str, loss: str, marks: Sequence[Mark], note: str) -> Iterator[Row]:
    yield from tested("Table 6", what, f"{error} %", marks, note)
    found = [m.figures() for m in marks]
    losses = [f.loss for f in found]
    yield Row("Table 6", f"{what}: E_R", loss, f"{mean(losses):.2e}", len(losses), spread(losses, "{:.2e}"),
              f"{note}; trained; bit errors {', '.join(str(f.errors) for f in found)}")


def _fitted(host: Hosts, group: str, bits: int, paper: str) -> Row:
    wrong, loss = fit(host, group, bits)
    return Row("Table 6", f"{bits} bits in {group}, by the fit: E_R; bit errors", paper, f"{loss:.2e}; {wrong}", 1,
               differs=f"fitted to the weights of an unmarked host alone (eq. 6, lambda {FIT:g}), not trained: no test "
                       f"error; M = {WIDTHS[group]}, so up to about {2 * WIDTHS[group]} bits fit")


def fit(host: Hosts, group: str, bits: int) -> tuple[int, float]:
    """(bit errors, E_R) of so many bits fitted to a layer's w."""
    key = key_of(host.shop, layer_of(group), bits)
    network = embed_in_weights(copy.deepcopy(host["plain"].host), key, FIT)
    found = read(key, weight_of(network, key.layer))
    return found.errors, found.loss


def capacity(host: Hosts) -> Row:
    """Where errors begin in conv 2, M = 576: at about 2 M bits (T random half-spaces in M dimensions)."""
    width = WIDTHS["conv2"]
    wrong = {bits: fit(host, "conv2", bits)[0] for bits in (1024, 1152, 1280, 1536, 2048)}
    below, above = [b for b in wrong if b <= 1.8 * width], [b for b in wrong if b >= 2.2 * width]
    return Row("4.2.5", "bit errors at T = " + ", ".join(map(str, wrong)), "E_R up at T > M",
               ", ".join(map(str, wrong.values())), 1, differs="conv 2, M = 576; by the fit; errors begin at about 2 M",
               holds=not any(wrong[b] for b in below) and all(wrong[b] for b in above))


def table_8(host: Hosts, note: str) -> Iterator[Row]:
    why = missing(host.shop)
    for name, (what, before, after, error) in TABLE_8.items():
        if why and "abroad" in name:
            yield Row("Table 8", f"{what}: not played", f"{before}; {after}; {error}", "-", 0, differs=why)
            continue
        first = host["random" if name == "fine-tuned" else "abroad marked"]
        first_note = note if name == "fine-tuned" else (f"{note}; up to 30 images a class of Caltech-101, "
                                                        f"{host.abroad.epochs} epochs")
        again = f"{first_note}; then {host.again.epochs} epochs without embedding"
        yield Row("Table 8", f"{what}: E_R before", before, f"{first.figures().loss:.2e}", 1, differs=first_note)
        yield from lost("Table 8", f"{what}, after", after, [host[name]], again)
        yield from tested("Table 8", f"{what}, after", error, [host[name]], again)


def overwriting(host: Hosts, note: str) -> Iterator[Row]:
    """Section 5.1, a layer at a time."""
    rates = []
    for group, paper in OVERWRITTEN.items():
        over, rival = host[f"{group} over"], host.rival(f"{group} over")
        rates.append(over.figures().error_rate)
        own = read(rival, weight_of(over.host, rival.layer)).error_rate
        yield Row("5.1", f"bits of the mark wrong after 256 others were put into {group}", paper,
                  f"{100 * rates[-1]:.1f} %", 1,
                  differs=f"{note}; {host.again.epochs} epochs (the paper doesn't say how many); of the second mark's "
                          f"own bits {100 * own:.1f} % are wrong")
    yield Row("5.1", "fewer are wrong in conv 3 than in conv 2, and in conv 4 than in conv 3", "30.9 > 8.6 > 0.4 %",
              " > ".join(f"{100 * rate:.1f}" for rate in rates) + " %", 3, differs=note,
              holds=rates[0] > rates[1] > rates[2])


def shifted(host: Hosts, note: str) -> Row:
    mark = host["shifted"]
    return Row("-", "weight shift of the marked layer, then 2 epochs: bit errors of 256; test error",
               "not in the paper", f"{mark.figures().errors}; {mark.final:.2f} %", 1,
               differs=f"{note}; an attack that inverts the mark, which a reading from both sides still finds")
