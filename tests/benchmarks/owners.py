"""Do honest owners reach what their schemes' bounds ask for? `python -m tests.benchmarks.owners [SEEDS]` plays each
scheme as it is by default before the default policy, with a thief who changes nothing, and prints a table
(docs/calibration.md) of rarity and work, and of what the mark cost in accuracy; $ARENA_DATA has mnist for `unrelated`.
"""

import sys

import arena

TASK = {"dataset": "digits", "network": "digits-cnn", "epochs": 16, "rate": 2e-3, "schedule": "one-cycle"}
SCHEMES = {
    "`rose`": "rose", "`rose`, level 3 (memory 2^14)": {"rose": {"level": 3, "memory": 2**14}},
    "`label-change`": "label-change", "`exponential-weighting`": "exponential-weighting", "`adi`": "adi",
    "`certified`": "certified", "`deepsigns`": "deepsigns", "`frontier-stitching`": "frontier-stitching",
    "`ipguard`": "ipguard",
    "`content` (heart-grey)": {"content": {"overlay": "heart-grey"}}, "`noise`": "noise",
    "`unrelated` (mnist)": {"unrelated": {"dataset": "mnist"}}, "`ewe`": "ewe", "`uchida`": "uchida",
    "`negative-correlation`": "negative-correlation", "`deepsigns-white-box`": "deepsigns-white-box",
    "`blackmarks`": "blackmarks", "`deepmarks`": "deepmarks",
    "`riga`": "riga", "`passports`": "passports", "`eaaw`": "eaaw", "`dawn`": "dawn", "`radioactive`": "radioactive",
    "`dataset-inference`": "dataset-inference"}
HEAD = "| scheme | granted | rarity (bits) | work (bits) | accuracy, points against the same host without a mark |"


def honest(scheme, seed, reference=True, **how):
    """What comes of an owner's claim on his own network, sold as it is."""
    return arena.play({"title": "An honest owner", "seed": seed, "task": TASK, "agents": {
        "alice": {"role": "owner", "reference": reference, "scheme": scheme}, "mallory": {"role": "attacker"},
        "victor": {"role": "verifier"}}}, threads=1, **how)


def row(name, results):
    """A line of the table: each seed's figures in their order."""
    cases = [result.verdicts[0].case for result in results]
    granted = sum(result.verdicts[0].granted for result in results)
    costs = [100 * (found.marked - found.unmarked) for (found,) in (result.accuracies for result in results)]
    figures = (" ".join(f"{value:.1f}" for value in values) for values in (
        [case.rarity for case in cases], [case.work.cheapest for case in cases]))
    return f"| {name} | {granted} of {len(results)} | {' | '.join(figures)} | {' '.join(f'{c:+.2f}' for c in costs)} |"


def main():
    seeds = range(1, 1 + int(sys.argv[1] if len(sys.argv) > 1 else 5))
    print(f"{HEAD}\n|---|---|---|---|---|")
    for name, scheme in SCHEMES.items():
        print(row(name, [honest(scheme, seed) for seed in seeds]), flush=True)


if __name__ == "__main__":
    main()
