"""A folder of PNG and JPEG images by class: train/CLASS/* and test/CLASS/*, or CLASS/*, of which a test set is split
off.

All must have one size. They are grey where all are, else in colour. A folder from elsewhere is wrong in many ways, and
each is one line that names the file: headers are looked at before anything is decoded, and nothing outside it is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from arena.base.errors import ArenaError
from arena.base.told import told
from arena.hosts.data import archives
from arena.hosts.data.archives import Arrays

if TYPE_CHECKING:
    from PIL.Image import Image

ORDER, FETCHES = 5, False
ENDINGS, FORMATS = (".png", ".jpg", ".jpeg"), ("PNG", "JPEG")
GREY, COLOUR, SEEN_THROUGH = ("1", "L", "LA"), ("RGB", "RGBA", "P", "PA"), ("LA", "RGBA", "PA")
MOST_SIDE, MOST_BYTES = 4096, 4 << 30
PARTS = ("train", "test")
JUNK = ("Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Listed:
    """The images of one part, (file, number of its class), and the names of the classes."""

    files: tuple[tuple[Path, int], ...]
    classes: tuple[str, ...]


def has(name: str, folder: Path | None) -> bool:
    return Path(name).is_absolute() and Path(name).is_dir()


def read(name: str, folder: Path | None) -> Arrays:
    home = Path(name)
    parts = _listed(home)
    every = [file for part in parts.values() for file, _ in part.files]
    (wide, high), grey = _checked_heads(every)
    shape = (high, wide, 1 if grey else 3)
    if len(every) * high * wide * shape[2] > MOST_BYTES:
        raise ArenaError(f"{home}: {len(every):,} images of {high} x {wide} pixels, more than the {MOST_BYTES >> 30} "
                         f"GiB that are read")
    raw: Arrays = {"classes": np.array(parts["train"].classes)}
    for part, listed in parts.items():
        raw[f"{part}_images"] = np.empty((len(listed.files), *shape), np.uint8)
        for number, (file, _) in enumerate(listed.files):
            raw[f"{part}_images"][number] = _pixels(file, grey)
        raw[f"{part}_labels"] = np.array([label for _, label in listed.files], np.int64)
    return archives.checked(raw, home)


def size(name: str, folder: Path | None) -> tuple[int, int]:
    parts = _listed(Path(name))
    files = parts["train"].files
    with opened(files[0][0]) as image:
        pixels = image.width * image.height
    return len(files) if "test" in parts else len(files) - len(files) // 5, pixels


def _listed(home: Path) -> dict[str, Listed]:
    """The parts of a folder, without opening an image; ArenaError for what has no place in one."""
    names = [each.name for each in _inside(home, home)]
    if "train" not in names:
        return {"train": _part(home, home)}
    if others := sorted(set(names) - set(PARTS)):
        raise ArenaError(f"{home / others[0]}: beside {home.name}/train only {home.name}/test is read")
    parts = {name: _part(home / name, home) for name in PARTS if name in names}
    if unknown := sorted({*parts["train"].classes} ^ {*parts.get("test", parts["train"]).classes}):
        lacking = next(name for name in PARTS if unknown[0] not in parts[name].classes)
        raise ArenaError(f"{home / lacking}: has no class {told(unknown[0], 80)!r}, as the other part has")
    return parts


def _part(place: Path, home: Path) -> Listed:
    folders = _inside(place, home)
    for each in folders:
        if not each.is_dir():
            raise ArenaError(f"{told(each, 300)}: a folder for each class is wanted here, with its images in it")
    if not folders:
        raise ArenaError(f"{told(place, 300)}: has no folders with images: CLASS/*.png is wanted, or train/CLASS/*.png "
                         f"and test/CLASS/*.png")
    if len(folders) == 1:
        raise ArenaError(f"{told(folders[0], 300)}: is the only class; two are needed at the least")
    files = [(file, number) for number, each in enumerate(folders) for file in _images(each, home)]
    return Listed(tuple(files), tuple(each.name for each in folders))


def _images(folder: Path, home: Path) -> list[Path]:
    """The images of one class."""
    files = _inside(folder, home)
    if not files:
        raise ArenaError(f"{told(folder, 300)}: a class without images")
    for file in files:
        if not file.is_file() or file.suffix.lower() not in ENDINGS:
            raise ArenaError(f"{told(file, 300)}: no PNG or JPEG")
    return files


def _inside(place: Path, home: Path) -> list[Path]:
    """What is in a folder, by name, without what systems leave there; ArenaError for what leads out of `home`."""
    try:
        found = sorted(each for each in place.iterdir() if not each.name.startswith(".") and each.name not in JUNK)
    except OSError as error:
        raise ArenaError(f"{told(place, 300)}: can't be read: {error.strerror or error}") from None
    for each in found:
        if each.is_symlink() and not each.resolve().is_relative_to(home.resolve()):
            raise ArenaError(f"{told(each, 300)}: a link that leads out of the folder is not followed")
    return found


@contextmanager
def opened(file: Path) -> Iterator[Image]:
    """An image, not yet decoded; whatever is wrong with it, then or later, is one line that names the file."""
    with file.open("rb") as raw, decoding(raw, file) as image:
        yield image


@contextmanager
def decoding(raw: IO[bytes], what: object) -> Iterator[Image]:
    """An image in a PNG or JPEG that is open; whatever is wrong with it is one line that names it."""
    import PIL.Image

    try:
        with warnings.catch_warnings(action="error"), PIL.Image.open(raw, formats=FORMATS) as image:
            yield image
    except ArenaError:
        raise
    except PIL.UnidentifiedImageError:
        raise ArenaError(f"{told(what, 300)}: no PNG or JPEG, whatever its name says") from None
    except Exception as error:  # Pillow, zlib, struct and memory have many names for a damaged image
        raise ArenaError(f"{told(what, 300)}: can't be read as an image: {told(error, 200)}") from None


def _checked_heads(files: list[Path]) -> tuple[tuple[int, int], bool]:
    """((width, height) of all images, whether all are grey), by their headers."""
    first, grey = None, True
    for file in files:
        with opened(file) as image:
            first = first or image.size
            check_head(image, first, file)
            grey &= image.mode in GREY
    assert first is not None, "there are images"
    return first, grey


def check_head(image: Image, wanted: tuple[int, int], what: object) -> None:
    """ArenaError unless an image, not yet decoded, has the (width, height) of the first one, and can be read."""
    if max(image.size) > MOST_SIDE:
        raise ArenaError(f"{told(what, 300)}: {image.width} x {image.height} pixels, where {MOST_SIDE} a side are the "
                         f"most")
    if image.size != wanted:
        raise ArenaError(f"{told(what, 300)}: {image.width} x {image.height} pixels, where the first image has "
                         f"{wanted[0]} x {wanted[1]}: all must have one size")
    if image.mode not in GREY + COLOUR:
        raise ArenaError(f"{told(what, 300)}: pixels of the kind {image.mode}; 8 bits, grey or RGB, are wanted")


def _pixels(file: Path, grey: bool) -> np.ndarray:
    with opened(file) as image:
        return pixels_of(image, grey, file)


def pixels_of(image: Image, grey: bool, what: object) -> np.ndarray:
    """uint8 (H, W, 1 or 3) of an image; ArenaError for one that can be seen through."""
    if image.mode in SEEN_THROUGH or "transparency" in image.info:
        least = image.convert("RGBA").getchannel("A").getextrema()[0]
        if not isinstance(least, (int, float)) or least < 255:
            raise ArenaError(f"{told(what, 300)}: can be seen through; put it on a background first")
    pixels = np.asarray(image.convert("L" if grey else "RGB"))
    return pixels[..., None] if grey else pixels
