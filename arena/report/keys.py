"""The panel of keys: a claim's images with true label (where it is one of the data set), claimed label and answer."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from arena.base.draws import master_of, world_of
from arena.base.errors import ArenaError
from arena.game.messages import Claim, Message, Query, Response
from arena.game.transcript import Transcript
from arena.hosts.data.known import PARTS
from arena.match.result import Result

SHOWN = 20


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


def shown(result: Result, transcript: Transcript, messages: Sequence[Message]) -> list[ShownKey]:
    """The keys of all claims that the services answered, the best first."""
    found = [_key(m.number, m.body, result, messages) for m in messages if isinstance(m.body, Claim)]
    return sorted((key for key in found if key is not None), key=lambda key: -key.hits)


def _key(number: int, claim: Claim, result: Result, messages: Sequence[Message]) -> ShownKey | None:
    images, labels = claim.key.get("images"), claim.key.get("labels")
    if not isinstance(images, np.ndarray) or not isinstance(labels, np.ndarray) or images.ndim != 4 \
            or len(labels) != len(images):
        return None
    answers = answers_to(number, images, messages)
    if answers is None:
        return None
    first = zip(images[:SHOWN], _truth(images[:SHOWN], result), labels, answers, strict=False)
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
