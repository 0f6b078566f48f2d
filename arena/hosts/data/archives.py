"""A user's .npz as a data set: what it holds is checked before it is believed, in the order of what it costs (headers,
labels, images).

A file from elsewhere is wrong in many ways: cut off, renamed, a web page, damaged inside the zip, labels from 1, a
class without images. Each is one line that names the file. Arrays that no data set has are never read.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from arena.base.errors import ArenaError

Arrays = dict[str, np.ndarray]
TRAIN, TEST = ("train_images", "train_labels"), ("test_images", "test_labels")
OPTIONAL = (*TEST, "classes", "train_track")
READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0, (3, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class Header:
    """What an array says of itself: shape and type."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"


@contextmanager
def guarded(where: object) -> Iterator[None]:
    """Whatever reading a damaged file raises (zipfile, zlib, struct, ast, numpy and memory each have their own) becomes
    one line that names the file."""
    try:
        yield
    except ArenaError as error:
        raise ArenaError(_line(str(error))) from None
    except Exception as error:
        text = f"{type(error).__name__}: {str(error)[:200]}"
        raise ArenaError(_line(f"{where}: damaged, or not a file of plain arrays: {text}")) from None


def _line(text: str) -> str:
    """The text without what a name inside a file may do to it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def read(file: Path) -> Arrays:
    """The arrays of a data set in an .npz, checked, with `classes`; ArenaError for what is wrong."""
    with guarded(file), _opened(file) as archive:
        headers = _headers(file, archive)
        return checked({key: _array(archive, key) for key in headers}, file)


def size(file: Path) -> tuple[int, int]:
    """(training images, pixels of one) of a data set in an .npz, by its header alone."""
    with guarded(file), _opened(file) as archive:
        count, high, wide, *_ = _header(archive, "train_images").shape
        return count, high * wide


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise ArenaError(f"{file}: not an .npz but {_guess(file)}") from None
    with archive:
        yield archive


def _guess(file: Path) -> str:
    """What a file is that is no zip."""
    with file.open("rb") as opened:
        start = opened.read(512)
    if start.startswith(b"\x93NUMPY"):
        return "one array (.npy); numpy.savez writes several"
    if start.startswith(b"PK"):
        return "a part of one: cut off, or damaged"
    return ("a web page: did a download fail?" if start.lstrip().lower().startswith((b"<html", b"<!doctype"))
            else "something else; numpy.savez writes one")


def _headers(file: Path, archive: zipfile.ZipFile) -> dict[str, Header]:
    """The headers of the arrays that a data set has, checked as far as headers go."""
    there = {name.removesuffix(".npy") for name in archive.namelist()}
    needed = TRAIN + (TEST if there & set(TEST) else ())
    for key in needed:
        if key not in there:
            raise ArenaError(f"{file}: array {key!r} is missing; there are: {', '.join(sorted(there))[:200] or 'none'}")
    headers = {key: _header(archive, key) for key in (*TRAIN, *OPTIONAL) if key in there}
    for key, header in headers.items():
        if header.dtype.hasobject:
            raise ArenaError(f"{file}: {key} holds Python objects; only plain arrays are read")
    check_shapes(headers, file)
    return headers


def _header(archive: zipfile.ZipFile, key: str) -> Header:
    with archive.open(f"{key}.npy") as opened:
        header, _ = _read_header(opened)
    wanted = math.prod(header.shape) * header.dtype.itemsize
    if not header.dtype.hasobject and archive.getinfo(f"{key}.npy").file_size < wanted:
        raise ValueError(f"{key} is shorter than its header says")
    return header


def _read_header(opened: IO[bytes]) -> tuple[Header, bool]:
    version = npy.read_magic(opened)
    shape, fortran, dtype = READERS[version](opened)
    return Header(shape, dtype), fortran


def _array(archive: zipfile.ZipFile, key: str) -> np.ndarray:
    with archive.open(f"{key}.npy") as opened:
        array = npy.read_array(opened, allow_pickle=False)
        opened.read()  # to the end, where the checksum is compared
    return array


def check_shapes(arrays: dict[str, Header], where: object) -> None:
    """ArenaError unless images, labels, class names and tracks have types and shapes that fit each other."""
    for part in ("train", "test") if "test_images" in arrays else ("train",):
        _check_images(arrays[f"{part}_images"], f"{where}: {part}_images")
        _check_numbers(arrays[f"{part}_labels"], arrays[f"{part}_images"].shape[0], f"{where}: {part}_labels")
    shapes = [arrays[key].shape[1:] for key in ("train_images", "test_images") if key in arrays]
    if shapes[0] != shapes[-1]:
        raise ArenaError(f"{where}: test_images are {shapes[-1]}, train_images {shapes[0]}; one shape (H, W, C) is "
                         f"wanted")
    if "train_track" in arrays:
        _check_numbers(arrays["train_track"], arrays["train_images"].shape[0], f"{where}: train_track")
    if "classes" in arrays and (len(arrays["classes"].shape) != 1 or arrays["classes"].dtype.kind not in "USiu"):
        raise ArenaError(f"{where}: classes must be a list of names, one a class, not {arrays['classes']}")


def _check_images(images: Header, what: str) -> None:
    if images.dtype != np.uint8 or len(images.shape) != 4 or images.shape[-1] not in (1, 3):
        raise ArenaError(f"{what} must be uint8 (N, H, W, 1 or 3), not {images}")
    if 0 in images.shape:
        raise ArenaError(f"{what} are empty: {images.shape}")


def _check_numbers(numbers: Header, count: int, what: str) -> None:
    if numbers.shape != (count,) or numbers.dtype.kind not in "iu":
        raise ArenaError(f"{what} must be {count} integers, one an image, not {numbers}")


def checked(raw: Arrays, where: object) -> Arrays:
    """The arrays of a data set with the names of its classes, if all is as it should be; ArenaError, starting with
    `where`, if not."""
    check_shapes({key: Header(array.shape, array.dtype) for key, array in raw.items()}, where)
    names = _class_names(raw["train_labels"], raw.get("classes"), where)
    for key in ("test_labels", "train_track"):
        if key in raw and int(raw[key].min()) < 0:
            raise ArenaError(f"{where}: {key} holds {raw[key].min()}: they count from 0")
    if "test_labels" in raw and int(raw["test_labels"].max()) >= len(names):
        raise ArenaError(f"{where}: test_labels holds {raw['test_labels'].max()}, larger than the number of classes "
                         f"({len(names)}) allows")
    return {**raw, "classes": np.array(names)}


def _class_names(labels: np.ndarray, classes: np.ndarray | None, where: object) -> list[str]:
    """The names of the classes, each of which must have a training image: rarity says what chance does among so
    many."""
    present = np.unique(labels)
    if int(present[0]) < 0:
        raise ArenaError(f"{where}: train_labels holds {present[0]}: they count from 0")
    names = _Numbers(int(present[-1]) + 1) if classes is None else [_name(each) for each in classes.tolist()]
    count = len(names)
    if int(present[-1]) >= count:
        raise ArenaError(f"{where}: train_labels holds {present[-1]}, larger than the number of classes ({count}) "
                         f"allows")
    if count < 2:
        raise ArenaError(f"{where}: there is only one class; two are needed at the least")
    if len(present) < count:
        raise ArenaError(f"{where}: classes without training images: {_some(present, names)}: number them 0 to "
                         f"{len(present) - 1}, without gaps")
    return [names[number] for number in range(count)]


def _some(present: np.ndarray, names: Sequence[str], most: int = 5) -> str:
    """The first few classes that are not present, by number and name."""
    known, missing = set(present.tolist()), len(names) - len(present)
    first = list(islice((number for number in range(len(names)) if number not in known), most))
    shown = [str(number) if names[number] == str(number) else f"{number} ({names[number]})" for number in first]
    return ", ".join(shown) + (f" and {missing - most:,} more" if missing > most else "")


class _Numbers(Sequence[str]):
    """The names of so many classes that have none, without writing them down."""

    def __init__(self, count: int) -> None:
        self.size = count

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        return str(index)


def _name(raw: object) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
