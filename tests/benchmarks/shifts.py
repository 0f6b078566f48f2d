"""What a weight shift takes from a mark, and what it costs: `python -m tests.benchmarks.shifts` prints the table of
docs/attacks-on-weights.md. Hosts, schemes and the reading are those of tests/agents/test_white_box_attacks.py."""

import copy
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from agents.attacks.model.weight_shift import WeightShift
from tests.agents.test_white_box_attacks import PLAIN, RESIDUAL, SCHEMES, marked

SEEDS = (1, 2, 3)
WIDE = replace(RESIDUAL, network="wide-resnet", rate=3e-3)
PLACES = [("uchida", "plain", PLAIN), ("uchida", "residual", RESIDUAL), ("uchida", "residual, wide", WIDE),
          ("negative-correlation", "plain", PLAIN), ("negative-correlation", "residual", RESIDUAL)]
HARSH, GENTLE = {"epochs": 2, "rate": 1e-2}, {"epochs": 20, "rate": 1e-3}
NONE = {"epochs": 0}
CHANGES = [(factor, noise, tuned) for tuned in (NONE, HARSH, GENTLE)
           for factor, noise in ((1.5, 0.0), (0.0, 1.0), (1.5, 1.0), (0.0, 0.0))]
TUNED = {0: "none", 2: "2 epochs at 1e-2", 20: "20 epochs at 1e-3"}


def line(factor, noise, tuned, found):
    """A row: of each seed the rarity in bits, its share of the untouched, and the accuracy in per cent."""
    what = [text for text, part in (("shift 1.5", factor), ("noise", noise)) if part]
    shown = (f"{bits:.1f} ({100 * bits / before:.0f} %), {100 * accuracy:.1f}" for bits, before, accuracy in found)
    return f"| {' and '.join(what) or '-'} | {TUNED[tuned['epochs']]} | {' | '.join(shown)} |"


def table(scheme, task, store):
    """The rows of a scheme on a host."""
    hosts = [marked(store, task, SCHEMES[scheme], seed) for seed in SEEDS]
    whole = [reader.score([host]).rarity for host, reader, _ in hosts]
    for factor, noise, tuned in [(0.0, 0.0, NONE), *(change for change in CHANGES if change != (0.0, 0.0, NONE))]:
        attack, found = WeightShift(factor=factor, noise=noise, **tuned), []
        for before, (host, reader, loot) in zip(whole, hosts, strict=True):
            model = attack.modify_model(copy.deepcopy(host), loot)
            found.append((reader.score([model]).rarity, before, reader.shop.accuracy(model)))
        yield line(factor, noise, tuned, found)


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for scheme, name, task in PLACES:
            print(f"\n### `{scheme}`, {name} (`{task.network}`)\n")
            print(f"| changed | then trained | {' | '.join(f'seed {seed}' for seed in SEEDS)} |")
            print("|---|---|---|---|---|")
            for row in table(scheme, task, Path(sys.argv[1] if len(sys.argv) > 1 else folder)):
                print(row, flush=True)


if __name__ == "__main__":
    main()
