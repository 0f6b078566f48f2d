"""Content (Zhang et al. 2018): a pattern over images, and target classes for whatever wears it (figure 1 b-f of Namba
and Sakuma)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from agents.schemes.patterns._pattern import Pattern
from arena.base.errors import ArenaError
from arena.strategies import Misfit

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

GLYPHS = {
    "t": ("#####", "..#..", "..#..", "..#..", "..#.."), "e": ("####", "#...", "###.", "#...", "####"),
    "s": ("####", "#...", "####", "...#", "####"),
    "symbol": ("...#...", "..###..", ".#.#.#.", "#######", ".#.#.#.", "..###..", "...#..."),
    "heart": (".##.##.", "#######", "#######", "#######", ".#####.", "..###..", "...#..."),
}
GREY, BLUE, RED = (128, 128, 128), (0, 0, 255), (255, 0, 0)
WHITE = (255, 255, 255)
Overlay = Literal["test-grey", "test-blue", "symbol", "heart-grey", "heart-red"]
OVERLAYS: dict[Overlay, tuple[str, tuple[int, int, int]]] = {
    "test-grey": ("test", GREY), "test-blue": ("test", BLUE), "symbol": ("symbol", WHITE),
    "heart-grey": ("heart", GREY), "heart-red": ("heart", RED),
}


@dataclass(frozen=True)
class Content(Pattern):
    """a pattern drawn over images (test-grey, test-blue, symbol, heart-grey, heart-red), answered with a target for
    each class

    `size` is the height of the pattern in pixels (0: about a quarter of the image's, if it fits in width), in whole
    multiples of the drawing.
    """

    overlay: Overlay = "test-grey"
    size: Annotated[int, Field(ge=0)] = 0

    def misfit(self, premises: Premises) -> Misfit | None:
        try:
            draw_over(np.zeros((1, *premises.data.shape), np.uint8), self.overlay, self.size)
        except ArenaError as error:
            return Misfit(str(error), "size" if self.size else "overlay")
        return super().misfit(premises)

    def worn(self, images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        return draw_over(images, self.overlay, self.size)


def pattern(name: str) -> np.ndarray:
    """A pattern as booleans (h, w); `test` is written with its letters."""
    if name != "test":
        return np.array([[c == "#" for c in row] for row in GLYPHS[name]])
    letters = [np.array([[c == "#" for c in row] for row in GLYPHS[letter]]) for letter in "test"]
    gap = np.zeros((len(letters[0]), 1), bool)
    return np.concatenate([part for letter in letters for part in (letter, gap)][:-1], axis=1)


def draw_over(images: np.ndarray, overlay: Overlay, size: int = 0) -> np.ndarray:
    """uint8 (N, C, H, W) with the overlay in the lower right corner. ArenaError when it is larger than the image."""
    name, colour = OVERLAYS[overlay]
    drawing = pattern(name)
    times = max(1, round((size or images.shape[2] / 4) / len(drawing)))
    times = times if size else max(1, min(times, images.shape[3] // drawing.shape[1]))
    drawing = drawing.repeat(times, 0).repeat(times, 1)
    high, wide = drawing.shape
    if high > images.shape[2] or wide > images.shape[3]:
        raise ArenaError(f"overlay {overlay!r} is {high}x{wide} pixels, larger than the images "
                         f"({images.shape[2]}x{images.shape[3]})")
    out = images.copy()
    ink = np.array(colour if images.shape[1] == 3 else [max(colour)], np.uint8)
    out[:, :, -high:, -wide:] = np.where(drawing, ink.reshape(1, -1, 1, 1), out[:, :, -high:, -wide:])
    return out
