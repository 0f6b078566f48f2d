"""Cost against rarity, measured and by law, for every level: the plot of `arena forge`."""

from __future__ import annotations

import io
from typing import Any

from arena.forging.forge import GPU_TRIES, YEAR
from arena.report.plots import COLOURS, _figure

MARKS = ((1.0, "1 s"), (3600.0, "1 h"), (YEAR, "1 year"), (10 * YEAR, "10 years"), (1e6 * YEAR, "1 M years"))


def draw(data: dict[str, Any], machines: int = 1000) -> bytes:
    """The plot as PNG."""
    figure, axes = _figure(8.2, 5.2)
    rates, setting, points = data["rates"], data["setting"], data["points"]
    tries, hard = rates["tries, all threads"]["value"], rates["level-3 hashes, one core"]["value"] * setting["threads"]
    forward, gradient = rates["forward passes"]["value"], rates["input gradients"]["value"]
    reach = max(100.0, data["bound"] * 1.1)
    xs = [reach * i / 200 for i in range(1, 201)]
    images = [x / 3.3219 for x in xs]
    axes.plot(xs, [max(n, 1) / gradient * 5 for n in images], color=COLOURS[5], label="level 0: adversarial images (5 gradients each)")
    axes.plot(xs, [max(n, 1) * (setting["classes"] / tries + 1 / forward) for n in images], color=COLOURS[4], label="level 1: natural images, bits flipped")
    axes.plot(xs, [2**x / tries for x in xs], color=COLOURS[0], label="level 2: law, this machine")
    axes.plot(xs, [2**x / tries / machines for x in xs], color=COLOURS[0], linestyle=":", linewidth=1, label=f"level 2: {machines:,} of it")
    axes.plot(xs, [2**x / GPU_TRIES for x in xs], color=COLOURS[3], linestyle="-.", linewidth=1, label=f"level 2: one GPU, {GPU_TRIES:.1e} tries/s (assumed)")
    axes.plot(xs, [2**x / hard for x in xs], color=COLOURS[1], label="level 3: law, this machine")
    for level, colour in ((0, COLOURS[5]), (1, COLOURS[4]), (2, COLOURS[2]), (3, COLOURS[1])):
        mine = [p for p in points if p["level"] == level]
        if mine:
            axes.errorbar([p["rarity"] for p in mine], [p["seconds"] for p in mine], color=colour, fmt="o", markersize=5, zorder=5,
                          yerr=[p["seconds"] * (p["tries_error"] / p["tries"] if p["tries_error"] == p["tries_error"] else 0) for p in mine],
                          label=f"level {level}: forged here (mean, standard error)")
    axes.axvline(data["bound"], color="#8a9199", linestyle="--", linewidth=1)
    axes.text(data["bound"], 0.98, f" policy: {data['bound']:g} bits", transform=axes.get_xaxis_transform(), va="top", fontsize=8.5, color="#59636e")
    for seconds, text in MARKS:
        axes.axhline(seconds, color="#d0d7de", linewidth=0.7, zorder=0)
        axes.text(reach, seconds, text, va="bottom", ha="right", fontsize=8, color="#59636e")
    axes.set_yscale("log")
    axes.set_ylim(1e-6, 1e16)
    axes.set_xlim(0, reach)
    axes.set_xlabel("rarity of the forged claim (bits)")
    axes.set_ylabel("seconds")
    axes.legend(frameon=False, fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncol=2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=140, bbox_inches="tight")
    return buffer.getvalue()
