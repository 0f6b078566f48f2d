"""What Hugging Face's `datasets` saved on disk (`save_to_disk`): one column of images, one of class labels.

Images must be in the files themselves: one that is only a path, or an address, leads out of the folder and is not
followed. Needs the extra `datasets`; nothing is downloaded.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from arena.base.errors import ArenaError
from arena.base.told import told
from arena.hosts.data import archives
from arena.hosts.data.archives import Arrays
from arena.hosts.data.sources import images

ORDER, FETCHES = 4, False
MARKS = ("dataset_dict.json", "state.json")
PARTS = ("train", "test")


def has(name: str, folder: Path | None) -> bool:
    return Path(name).is_absolute() and any((Path(name) / mark).is_file() for mark in MARKS)


def read(name: str, folder: Path | None) -> Arrays:
    home = Path(name)
    with archives.guarded(home):
        _check_places(home)
        saved = _opened(home)
        parts = dict(saved) if isinstance(saved, dict) else {"train": saved}
        if "train" not in parts:
            raise ArenaError(f"{home}: has no part 'train'; there are: {told(', '.join(map(str, parts)), 200)}")
        raw: Arrays = {}
        for part in (each for each in PARTS if each in parts):
            raw |= _arrays(parts[part], part, f"{home}: {part}")
        return archives.checked(_of_one_kind(raw), home)


def size(name: str, folder: Path | None) -> tuple[int, int]:
    """By the rows, and the header of the first image."""
    from pyarrow import ipc, memory_map

    _check_places(Path(name))
    home = Path(name) / "train" if (Path(name) / MARKS[0]).is_file() else Path(name)
    shards = [home / each["filename"] for each in _json(home / "state.json")["_data_files"]]
    tables = [ipc.open_stream(memory_map(str(shard))).read_all() for shard in shards]
    cells = [column[0].as_py() for column in tables[0].columns if "bytes" in str(column.type)]
    with images.decoding(io.BytesIO(_content(cells[0], name)), name) as image:
        count, pixels = sum(table.num_rows for table in tables), image.width * image.height
    return count - (0 if home != Path(name) else count // 5), pixels


def _check_places(home: Path) -> None:
    """ArenaError for a part, a file or a link that leads out of the folder."""
    for path in home.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(home.resolve()):
            raise ArenaError(f"{path}: a link that leads out of the folder is not followed")
    places = [each["filename"] for state in home.rglob("state.json") for each in _json(state)["_data_files"]]
    if (home / MARKS[0]).is_file():
        places += _json(home / MARKS[0])["splits"]
    for place in places:
        if not isinstance(place, str) or Path(place).name != place:
            raise ArenaError(f"{home}: {place!r:.80} is no name of a file in it")


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _opened(home: Path) -> Any:
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
    try:
        import datasets
    except ImportError:
        raise ArenaError(f"{home}: what Hugging Face saved is read by its library `datasets`, which isn't installed: "
                         f"pip install 'ownership-arena[datasets]'") from None
    return datasets.load_from_disk(str(home), keep_in_memory=False)


def _arrays(table: Any, part: str, what: str) -> Arrays:
    """The arrays of a part, with the names of its classes."""
    import datasets

    shown, marked = _column(table, "Image", ("image", "img"), what), _column(table, "ClassLabel", ("label",), what)
    table = table.select_columns([shown, marked]).cast_column(shown, datasets.Image(decode=False))
    labels = np.array([-1 if each is None else each for each in table[marked]], np.int64)
    if not len(labels):
        raise ArenaError(f"{what}: is empty")
    pixels, first = [], None
    for number, each in enumerate(table[shown]):
        with images.decoding(io.BytesIO(_content(each, f"{what} {number}")), f"{what} {number}") as image:
            first = first or image.size
            images.check_head(image, first, f"{what} {number}")
            pixels.append(images.pixels_of(image, image.mode in images.GREY, f"{what} {number}"))
    return {f"{part}_images": _stacked(pixels, what), f"{part}_labels": labels,
            "classes": np.array(table.features[marked].names)}


def _content(cell: Any, what: str) -> bytes:
    raw = cell.get("bytes") if isinstance(cell, dict) else None
    if not isinstance(raw, bytes):
        raise ArenaError(f"{what}: is not in the file: images that are elsewhere are not fetched")
    return raw


def _column(table: Any, kind: str, usual: tuple[str, ...], what: str) -> str:
    """The column of a kind; where there are several the one of the usual name."""
    found = [name for name, feature in table.features.items() if type(feature).__name__ == kind]
    named = [name for name in usual if name in found]
    if not named and len(found) != 1:
        raise ArenaError(f"{what}: one column of the kind {kind} is wanted, not {told(', '.join(found) or 'none', 200)}"
                         f"; columns are {told(', '.join(table.features), 200)}")
    return str((named or found)[0])


def _stacked(pixels: list[np.ndarray], what: str) -> np.ndarray:
    """One array of images, in colour where one of them is."""
    if sum(each.nbytes for each in pixels) > images.MOST_BYTES:
        raise ArenaError(f"{what}: more than the {images.MOST_BYTES >> 30} GiB that are read")
    depth = max(each.shape[2] for each in pixels)
    return np.stack([np.broadcast_to(each, (*each.shape[:2], depth)) for each in pixels])


def _of_one_kind(raw: Arrays) -> Arrays:
    """Both parts in colour where one is."""
    depth = max(array.shape[3] for name, array in raw.items() if name.endswith("_images"))
    return {name: np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:3], depth)))
            if name.endswith("_images") else array for name, array in raw.items()}
