"""One self-contained HTML page of a run: verdicts and why, messages, spending, attacks, triggers, scenario, machine."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from arena.base.draws import master_of, world_of
from arena.base.files import write_atomically
from arena.game.ledger import bits
from arena.game.messages import Claim, Release
from arena.game.transcript import Transcript, read
from arena.hosts.datasets import PARTS
from arena.report import plots, sequence
from arena.report.summary import Summary, word_of, work_text

SHOWN_TRIGGERS = 20


def write(run: Path) -> Path:
    """Writes RUN/report.html from the transcript; gives its path."""
    path = run / "report.html"
    write_atomically(path, render(read(run)).encode())
    return path


def render(transcript: Transcript) -> str:
    """The page as text."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("arena.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = lambda share: f"{100 * share:.1f} %"
    environment.filters["number"] = lambda n: f"{n:,}" if n else "-"
    return environment.get_template("report.html.j2").render(**_context(transcript))


def _context(transcript: Transcript) -> dict[str, Any]:
    summary = Summary(transcript)
    agents = [(name, summary.role(name)) for name in summary.scenario["agents"]]
    stages = summary.stages()
    scored = [s for s in stages if s.rarity is not None]
    histories = [(f"{agent}: {what}", history) for agent, data in summary.notes("training") for what, history in data.items() if history["loss"]]
    return {
        "summary": summary, "scenario": summary.scenario, "head": transcript.head, "status": transcript.status, "hash": transcript.hash,
        "verdicts": [(m.number, m.sender, v, word_of(v), summary.claims.get(v.about), summary.claims_by(v)) for m, v in summary.verdicts],
        "outcomes": summary.outcomes(), "sequence": sequence.diagram(agents, summary.messages.values()),
        "spending": [(name, summary.role(name), spent, work_text(spent), summary.seconds()[name]) for name, spent in summary.spending().items()],
        "forgeries": summary.notes("forgery"), "stages": stages, "stage_plot": plots.accuracy_against_recovery(scored, _bound(summary)) if scored else "",
        "roc_plot": _roc(summary), "accuracies": summary.notes("accuracy"), "training_plot": plots.training_curves(histories) if histories else "",
        "keys": sorted((key for number, claim in summary.claims.items() if (key := _key(number, claim, summary))), key=lambda k: -k["matches"]),
        "left": summary.left(), "refused": summary.refused(),
        "lineage": [(a, b, data["by"]) for a, b, data in transcript.lineage().edges(data=True)],
        "yaml": _yaml(summary), "machine": _machine(transcript.run), "bits": bits,
    }


def _bound(summary: Summary) -> float | None:
    """The rarity that the first verifier asks for, where one asks for any."""
    bounds = summary.transcript.head.get("bounds")
    found = [bound for bound in bounds.values() if isinstance(bound, (int, float))] if isinstance(bounds, dict) else []
    return found[0] if found else None


def _roc(summary: Summary) -> str:
    """Watermark accuracy of marked against unmarked models, where verdicts carry it (Namba and Sakuma 6.3); the owners' claims alone."""
    released = {m.sender for m in summary.messages.values() if isinstance(m.body, Release)}
    curves = {f"{v.claimant} on {v.deployer}, AUC {v.figures['auc 20']:.2f}": v.figures["roc"] for _, v in summary.verdicts
              if "roc" in v.figures and v.claimant in released
              and v.figures["watermark accuracy"] > 0}
    if not curves:
        return ""
    diagonal = {"chance": ([0.0, 1.0], [0.0, 1.0])}
    return plots.lines({**{name: ([x for x, _ in roc], [y for _, y in roc]) for name, roc in curves.items()}, **diagonal}, "false positives", "true positives")


def _key(number: int, claim: Claim, summary: Summary) -> dict[str, Any] | None:
    """A claim's triggers with true label (where a training image is shown), claimed label and answer."""
    images, labels = claim.key.get("images"), claim.key.get("labels")
    if not isinstance(images, np.ndarray) or not isinstance(labels, np.ndarray) or images.ndim != 4 or len(labels) != len(images):
        return None
    answers = summary.answers(number, images)
    if answers is None:
        return None
    truth = _truth(images[:SHOWN_TRIGGERS], summary)
    shown = [{"png": _png(image), "true": true, "claimed": int(label), "answer": int(answer), "match": int(label) == int(answer)}
             for image, true, label, answer in zip(images, truth, labels, answers, strict=False)]
    return {"number": number, "claimant": claim.claimant, "deployer": claim.deployer, "shown": shown, "count": len(images),
            "matches": int((answers == labels).sum())}


def _truth(images: np.ndarray, summary: Summary) -> list[str]:
    """The true label of each image that is in the task's data set as it is; `-` for one that was changed."""
    from arena.base.errors import ArenaError
    from arena.scenario.scenario import build_task
    from arena.workshop.options import Options
    from arena.workshop.workshop import Workshop

    try:
        facts, seed = json.loads((summary.transcript.run / "run.json").read_text()), summary.scenario["seed"]
        task = build_task(summary.scenario["task"])
        options = replace(Options(**{**facts["options"], "parts": PARTS}), world=world_of(master_of(seed)))
        data = Workshop(task, b"", "report", options).dataset
    except (OSError, ValueError, KeyError, ArenaError):
        return ["-"] * len(images)
    wanted = {image.tobytes() for image in images}
    known = {raw: int(label) for part in data.parts.values() for image, label in zip(part.images.numpy(), part.labels.numpy(), strict=True)
             if (raw := image.tobytes()) in wanted}
    return [str(known.get(image.tobytes(), "-")) for image in images]


def _png(image: np.ndarray) -> str:
    from PIL import Image

    pixels = image.transpose(1, 2, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _yaml(summary: Summary) -> str:
    import yaml

    return yaml.safe_dump(dict(summary.scenario), sort_keys=False, allow_unicode=True, width=110)


def _machine(run: Path) -> dict[str, str]:
    try:
        facts = json.loads((run / "run.json").read_text())
        return {**facts["machine"], "device": facts["options"]["device"], "threads": str(facts["options"]["threads"])}
    except (OSError, ValueError, KeyError):
        return {}
