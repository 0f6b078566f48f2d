"""Watermark accuracy of marked against unmarked models, where evidence carries it (Namba and Sakuma 6.3); the owners'
claims alone."""

from __future__ import annotations

from typing import Any

from arena.game.rarity import Hits
from arena.report.panels import drawn
from arena.report.panels.run import Run
from arena.report.plots import lines

HEADING = "Marked against unmarked"
ORDER = 35
TEMPLATE = """\
<div class="plots">{{ picture(plot, caption) }}</div>
"""
SAYS = ("Watermark accuracy of the service against the Verifier's own unmarked host, 20 key samples drawn 30 times. It "
        "tells these two models apart; it is no false-positive rate: rarity is.")


def applies(run: Run) -> bool:
    return bool(curves(run))


def draw(run: Run) -> str:
    chance = {"chance": ([0.0, 1.0], [0.0, 1.0])}
    return drawn(TEMPLATE, plot=lines({**curves(run), **chance}, "false positives", "true positives"),
                 caption=SAYS)


def curves(run: Run) -> dict[str, Any]:
    """Claim and its AUC in words -> false and true positives."""
    found: dict[str, Any] = {}
    for verdict in run.result.verdicts:
        evidence = verdict.case.evidence if verdict.case and verdict.claimant in run.owners else None
        if isinstance(evidence, Hits) and evidence.details.get("roc") and evidence.watermark_accuracy > 0:
            name = f"{verdict.claimant} on {verdict.deployer}, AUC {evidence.details['auc_20']:.2f}"
            found[name] = tuple(zip(*evidence.details["roc"], strict=True))
    return found
