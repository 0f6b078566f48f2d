"""What Uchida et al. print: Tables 3 to 8 and section 5.1."""

from __future__ import annotations

GROUPS = ("conv2", "conv3", "conv4")
WIDTHS = {"conv2": 576, "conv3": 1152, "conv4": 2304}
TABLE_4 = {"plain": ("8.04 %", "N/A"), "direct": ("8.21 %", "1.24e-1"), "diff": ("8.37 %", "6.20e-2"),
           "random": ("7.97 %", "4.76e-4")}
TABLE_5 = {  # (a) fine-tuned in the same domain, (b) from another, (c) distilled: test error, E_R
    "plain": ("(a), (c)", "not embedded, 1st", "8.04 %", "N/A"),
    "again plain": ("(a)", "not embedded, 2nd", "7.66 %", "N/A"),
    "again embedded": ("(a)", "embedded", "7.70 %", "4.93e-4"),
    "from abroad plain": ("(b)", "from Caltech-101, not embedded, 2nd", "7.93 %", "N/A"),
    "from abroad embedded": ("(b)", "from Caltech-101, embedded", "7.94 %", "4.83e-4"),
    "distilled plain": ("(c)", "distilled, not embedded, 2nd", "7.86 %", "N/A"),
    "distilled embedded": ("(c)", "distilled, embedded", "7.75 %", "5.01e-4"),
}
TABLE_6 = {  # bits: test error (%) in conv 2, 3, 4; E_R
    256: (("7.97", "7.98", "7.92"), ("4.76e-4", "7.20e-4", "1.10e-2")),
    512: (("8.47", "8.22", "7.84"), ("8.11e-4", "8.18e-4", "1.25e-2")),
    1024: (("8.43", "8.12", "7.84"), ("6.74e-2", "1.53e-3", "1.53e-2")),
    2048: (("8.17", "8.93", "7.75"), ("5.35e-1", "3.70e-2", "3.06e-2")),
}
TABLE_7 = {  # lambda: |w - w0|^2 / 2, E_R, test error (%), BER
    0.0: (0.0, 1.066, "8.04", 0.531), 1.0: (0.184, 0.609, "8.52", 0.324), 10.0: (1.652, 0.171, "10.57", 0.0),
    100.0: (7.989, 0.029, "13.00", 0.0),
}
TABLE_8 = {  # E_R before and after, best test error after
    "fine-tuned": ("CIFAR-10 to CIFAR-10", "4.76e-4", "8.66e-4", "7.69 %"),
    "from abroad marked": ("Caltech-101 to CIFAR-10", "5.96e-3", "1.56e-2", "7.88 %"),
}
OVERWRITTEN = {"conv2": "30.9 %", "conv3": "8.6 %", "conv4": "0.4 %"}
