"""One self-contained HTML page of a run: verdicts and why, messages, spending, attacks, keys, scenario, machine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from arena.base.files import write_atomically
from arena.game.ledger import bits
from arena.game.messages import Claim
from arena.game.rarity import Hits
from arena.game.transcript import Transcript, read
from arena.match.record import result_of
from arena.match.result import Result, work_text
from arena.report import keys, plots, sequence


def write(run: Path, out: Path | None = None) -> Path:
    """Writes the page of a run (default: RUN/report.html); gives its path."""
    path = out or run / "report.html"
    write_atomically(path, render(result_of(run), read(run)).encode())
    return path


@cache
def environment() -> Any:
    """Where the templates of all pages are."""
    from jinja2 import Environment, PackageLoader

    made = Environment(loader=PackageLoader("arena.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["percent"] = lambda share: f"{100 * share:.1f} %"
    made.filters["number"] = lambda n: f"{n:,}" if n else "-"
    return made


def render(result: Result, transcript: Transcript) -> str:
    """The page as text."""
    return environment().get_template("report.html.j2").render(**_context(result, transcript))


def _context(result: Result, transcript: Transcript) -> dict[str, Any]:
    messages = list(transcript.messages())
    claims = {m.number: m.body for m in messages if isinstance(m.body, Claim)}
    owners = owners_of(result)
    return {
        "result": result, "claims": claims, "sequence": sequence.diagram(list(result.roles.items()), messages),
        "spending": [(name, result.roles[name], spent, work_text(spent), result.clocks.get(name))
                     for name, spent in result.spending.items()],
        "stage_plot": plots.accuracy_against_recovery(result.stages, owners, result.bound) if result.stages else "",
        "roc_plot": _roc(result, owners), "training_plot": _curves(result),
        "keys": keys.shown(result, transcript, messages),
        "lineage": [(a, b, data["by"]) for a, b, data in transcript.lineage().edges(data=True)],
        "left": [f for f in result.faults if f.left], "refused": [f for f in result.faults if not f.left],
        "yaml": _yaml(result.scenario), "machine": _machine(result), "bits": bits,
        "is_hits": lambda e: isinstance(e, Hits),
    }


def owners_of(result: Result) -> list[str]:
    """Who marked a host of his own: his key is the one to look at first."""
    return [record.owner for record in result.marks]


def _roc(result: Result, owners: list[str]) -> str:
    """Watermark accuracy of marked against unmarked models, where evidence carries it (Namba and Sakuma 6.3); the
    owners' claims alone."""
    curves: dict[str, Any] = {}
    for verdict in result.verdicts:
        evidence = verdict.case.evidence if verdict.case and verdict.claimant in owners else None
        if isinstance(evidence, Hits) and evidence.details.get("roc") and evidence.watermark_accuracy > 0:
            name = f"{verdict.claimant} on {verdict.deployer}, AUC {evidence.details['auc_20']:.2f}"
            curves[name] = tuple(zip(*evidence.details["roc"], strict=True))
    return (plots.lines({**curves, "chance": ([0.0, 1.0], [0.0, 1.0])}, "false positives", "true positives")
            if curves else "")


def _curves(result: Result) -> str:
    curves = [(f"{t.agent}: {t.purpose}", t.loss) for t in result.trainings if t.loss]
    return plots.training_curves(curves) if curves else ""


def _yaml(scenario: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(dict(scenario), sort_keys=False, allow_unicode=True, width=110)


def _machine(result: Result) -> dict[str, str]:
    options = result.options
    return {**result.machine, "device": str(options.get("device", "")), "threads": str(options.get("threads", ""))}
