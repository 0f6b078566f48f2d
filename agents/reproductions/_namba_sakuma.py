"""What Namba and Sakuma print: Tables 1, 2 and 3, column by column, and the sample counts of Table 6."""

from __future__ import annotations

NAMES = ("content test-grey", "content test-blue", "content symbol", "content heart-grey", "content heart-red",
         "unrelated", "noise", "frontier-stitching",
         "deepsigns", "exponential-weighting")
ABSENT = "-"


def _columns(*rows: str) -> dict[str, tuple[str, ...]]:
    """Key samples -> what each row says about them."""
    return dict(zip(NAMES, zip(*(row.split() for row in rows), strict=True), strict=False))


TABLE_1 = {  # detected by reconstruction; by divergence; by either
    "mnist": _columns("1.0 - 1.0 1.0 - 0.28 0.49 0.0 1.0", "0.0 - 1.0 1.0 - 0.0 0.067 0.23 1.0",
                      "1.0 - 1.0 1.0 - 0.28 0.49 0.23 1.0"),
    "gtsrb": _columns("0.10 0.95 0.063 0.047 0.09 0.12 0.51 0.0 1.0", "0.067 0.04 0.32 0.18 0.01 0.0 0.0 0.033 0.26",
                      "0.14 0.95 0.37 0.21 0.1 0.12 0.51 0.033 1.0"),
    "cifar10": _columns("0.55 1.0 0.52 0.09 0.98 0.27 1.0 1.0 1.0", "0.95 0.95 0.96 0.97 0.18 0.0 0.65 0.2 0.66",
                        "0.98 1.0 0.98 0.99 0.98 0.27 1.0 1.0 1.0"),
    "cifar100": _columns("0.49 1.0 0.53 0.12 0.99 0.0 1.0 0.43 1.0", "0.81 0.71 0.79 0.94 0.05 0.03 0.26 0.1 0.1",
                         "0.92 1.0 0.91 0.96 0.99 0.037 1.0 0.47 1.0"),
}
TABLE_2 = {  # watermark accuracy under query modification; under model modification
    "mnist": _columns("0.99 - 0.0007 0.96 - 1.0 1.0 1.0 0.4", "0.0034 - 0.023 0.0020 - 0.89 0.20 1.0 0.67"),
    "gtsrb": _columns("0.39 0.20 0.019 0.081 0.28 0.78 0.051 0.90 0.10",
                      "0.025 0.0011 0.0012 0.0 0.0011 0.0 0.066 0.87 0.1"),
    "cifar10": _columns("0.069 0.021 0.017 0.021 0.39 1.0 0.014 0.73 0.23",
                        "0.57 0.73 0.30 0.99 0.14 0.010 0.070 0.86 0.30"),
    "cifar100": _columns("0.064 0.026 0.010 0.016 0.35 0.68 0.0082 0.56 0.0",
                         "0.88 0.99 0.082 0.95 0.96 0.11 0.16 0.57 0.17"),
}
TABLE_3 = {  # test accuracy (%): nothing done; pruned; query modified
    "mnist": _columns("99.6 - 99.7 99.7 - 99.6 99.6 99.6 99.6 99.2", "99.4 - 99.3 99.3 - 99.1 99.2 99.2 99.1 99.0",
                      "94.0 - 99.4 99.5 - 93.8 97.9 99.4 99.4 91.9"),
    "gtsrb": _columns("97.0 97.0 97.2 97.2 97.3 97.0 97.0 97.7 97.3 96.8",
                      "97.4 97.2 97.6 97.5 97.8 92.7 97.2 94.8 95.4 95.0",
                      "93.0 92.1 93.7 93.7 93.7 94.1 93.3 94.7 94.7 93.2"),
    "cifar10": _columns("91.5 91.0 91.1 91.4 91.0 90.7 91.5 92.0 91.2 92.0",
                        "89.9 89.0 90.6 90.1 88.1 89.4 82.1 87.1 86.6 82.5",
                        "89.1 88.7 88.8 88.6 89.0 88.7 89.3 89.7 89.3 90.3"),
    "cifar100": _columns("67.6 67.2 67.8 66.7 67.9 67.8 66.7 68.1 68.3 67.4",
                         "62.7 62.3 62.1 61.9 62.5 57.1 55.3 57.4 56.7 56.5",
                         "63.8 62.9 63.4 62.3 62.8 65.1 64.2 65.9 63.3 62.8"),
}
UNMARKED = {"mnist": "99.6", "gtsrb": "97.3", "cifar10": "91.3", "cifar100": "66.9"}
TRAINED_ON = {"mnist": 59_400, "gtsrb": 37_248, "cifar10": 45_000, "cifar100": 45_000}
TABLE_6 = {  # key samples; the table has 30 for frontier stitching and DeepSigns, section 6.1.2 for the proposal
    name: {"content": most, "unrelated": unrelated, "noise": most, "frontier-stitching": 30, "deepsigns": 30}
    for name, most, unrelated in (("mnist", 53_548, 2_400), ("gtsrb", 37_046, 6_742), ("cifar10", 40_478, 6_742),
                                  ("cifar100", 44_558, 6_742))
}
THIEF = {"mnist": 600, "gtsrb": 1961, "cifar10": 5000, "cifar100": 5000}


def printed(table: dict[str, dict[str, tuple[str, ...]]], dataset: str, keys: str) -> str:
    """What a table says about a kind of key samples, `-` where it says nothing."""
    return "; ".join(table[dataset].get(keys, (ABSENT,)))
