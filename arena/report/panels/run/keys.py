"""The panel of keys: a claim's images with true label (where it is one of the data set), claimed label and answer."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from arena.base.draws import master_of, world_of
from arena.base.errors import ArenaError
from arena.game.messages import Claim, Message, Query, Response
from arena.hosts.data.known import PARTS
from arena.match.result import Result
from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Keys"
ORDER = 40
STYLE = """\
.triggers { display: flex; flex-wrap: wrap; gap: 8px }
.trigger { width: 84px; text-align: center; font-size: 12px; border: 1px solid var(--line); border-radius: 5px;
  padding: 5px; break-inside: avoid }
.trigger img { width: 56px; height: 56px; image-rendering: pixelated; background: #000 }
.trigger.hit { border-color: var(--good); background: var(--fine) } .trigger span { display: block; color: var(--soft) }
summary { cursor: pointer; margin: 10px 0 6px }
"""
SHOWN = 200
TEMPLATE = """\
{% for key in keys %}
<details{{ " open" if loop.first }}><summary><b>{{ key.claimant }}</b> on {{ key.deployer }} (claim {{ key.number }}):
{{ key.hits }} of {{ key.count }} answered as claimed
{%- if key.count > key.images|length %}, the first {{ key.images|length }} shown{% endif %}</summary>
<div class="triggers">{% for t in key.images %}
<div class="trigger{{ ' hit' if t.match }}"><img src="data:image/png;base64,{{ t.png }}"
alt="image {{ loop.index }} of {{ key.claimant }}'s key (claim {{ key.number }})">
<span>true {{ t.true }}</span><span>claimed {{ t.claimed }}</span><span>answer {{ t.answer }}</span></div>
{% endfor %}</div></details>
{% endfor %}
<p class="soft">True labels are those of the data set; `-` marks an image that is not in it as it is.</p>
"""


@dataclass(frozen=True)
class ShownImage:
    """An image of a key: PNG in base64, its labels as texts (`-`: not known), whether it was answered as claimed."""

    png: str
    true: str
    claimed: int
    answer: int

    @property
    def match(self) -> bool:
        return self.claimed == self.answer


@dataclass(frozen=True)
class ShownKey:
    """The key of a claim: the first images of `count`, of which `hits` were answered as claimed."""

    number: int
    claimant: str
    deployer: str
    images: tuple[ShownImage, ...]
    count: int
    hits: int


def applies(run: Run) -> bool:
    return any(True for _ in _answered(run))


def draw(run: Run) -> str:
    return drawn(TEMPLATE, keys=shown(run))


def shown(run: Run) -> list[ShownKey]:
    """The keys of all claims that the services answered: owners' first, of these and of the others the best."""
    found = [_key(number, run, answers) for number, answers in _answered(run)]
    return sorted(found, key=lambda key: (key.claimant not in run.owners, -key.hits))


def _answered(run: Run) -> Iterator[tuple[int, np.ndarray]]:
    """(claim, answers to its key's images), where it has images and labels and they were asked."""
    for number, claim in run.claims.items():
        answers = answers_to(number, claim.key["images"], run.messages) if _has_images(claim) else None
        if answers is not None:
            yield number, answers


def _has_images(claim: Claim) -> bool:
    images, labels = claim.key.get("images"), claim.key.get("labels")
    if not isinstance(images, np.ndarray) or not isinstance(labels, np.ndarray):
        return False
    pictures = images.dtype == np.uint8 and images.ndim == 4 and images.size > 0 and images.shape[1] in (1, 3)
    return pictures and labels.dtype.kind in "iu" and labels.shape == (len(images),)


def _key(number: int, run: Run, answers: np.ndarray) -> ShownKey:
    claim = run.claims[number]
    images, labels = claim.key["images"], claim.key["labels"]
    first = zip(images[:SHOWN], _truth(images[:SHOWN], run.result), labels, answers, strict=False)
    pictures = tuple(ShownImage(_png(image), true, int(label), int(answer)) for image, true, label, answer in first)
    return ShownKey(number, claim.claimant, claim.deployer, pictures, len(images), int((answers == labels).sum()))


def answers_to(claim: int, images: np.ndarray, messages: Sequence[Message]) -> np.ndarray | None:
    """The service's answers to a claim's images, int64 (N,), found among the other images of the question; None where
    they weren't asked."""
    bodies = [m.body for m in messages]
    asked = next((b for b in bodies if isinstance(b, Query) and b.about == claim), None)
    given = next((b for b in bodies if isinstance(b, Response) and b.about == claim), None)
    if asked is None or given is None or len(given.labels) != len(asked.images):
        return None
    known = {image.tobytes(): int(label) for image, label in zip(asked.images, given.labels, strict=True)}
    found = [known.get(image.tobytes(), -1) for image in images]
    return np.array(found) if max(found, default=-1) >= 0 else None


def _truth(images: np.ndarray, result: Result) -> list[str]:
    """The true label of each image that is in the task's data set as it is; `-` for one that was changed."""
    from arena.scenario.scenario import build_task
    from arena.workshop.options import Options
    from arena.workshop.workshop import Workshop

    try:
        options = Options(**{**result.options, "parts": PARTS})
        options = replace(options, world=world_of(master_of(int(result.seed or 0))))
        data = Workshop(build_task(result.scenario["task"]), b"", "report", options).dataset
    except (ValueError, KeyError, TypeError, ArenaError):
        return ["-"] * len(images)
    wanted = {image.tobytes() for image in images}
    known: dict[bytes, Any] = {}
    for part in data.parts.values():
        pairs = zip(part.images.numpy(), part.labels.numpy(), strict=True)
        known.update({raw: int(label) for image, label in pairs if (raw := image.tobytes()) in wanted})
    return [str(known.get(image.tobytes(), "-")) for image in images]


def _png(image: np.ndarray) -> str:
    from PIL import Image

    pixels = image.transpose(1, 2, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
