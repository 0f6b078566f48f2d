"""The door between the arena and an agent's process: frames of JSON with arrays behind it, over a socket that may hold
anything.

    frame = 8 bytes of length || 4 bytes of length of the JSON || JSON [value, heads] || the arrays' bytes, in the order
    of the heads

The arena's side never waits without an end, never reads more than it said it would, and takes nothing in a frame for
granted: an array's name is the hash of its content, whatever the frame calls it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import select
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from arena.base.errors import Malformed
from arena.game.messages import canonical

Arrays = dict[str, np.ndarray]
CHUNK = 1 << 20
MOST_ARRAYS = 20_000


class Closed(Exception):
    """Nobody is behind the door any more."""


class Late(Exception):
    """Nothing came in time."""


def frame(value: Any, arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """A frame of one JSON value and its arrays."""
    arrays = arrays or {}
    heads = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    text = json.dumps([value, heads]).encode()
    parts = [len(text).to_bytes(4, "big"), text, *(np.ascontiguousarray(array).tobytes() for array in arrays.values())]
    return sum(map(len, parts)).to_bytes(8, "big") + b"".join(parts)


def unframe(raw: bytes) -> tuple[Any, Arrays]:
    """What is in a frame, behind its length; Malformed for anything that `frame` can't have made."""
    try:
        size = int.from_bytes(raw[:4], "big")
        value, heads = json.loads(raw[4 : 4 + size])
        return value, _arrays(heads, memoryview(raw)[4 + size :])
    except (ValueError, TypeError, RecursionError, OverflowError, SyntaxError) as error:
        raise Malformed(f"no frame: {type(error).__name__}") from None


def _arrays(heads: Any, rest: memoryview) -> Arrays:
    if not isinstance(heads, list) or len(heads) > MOST_ARRAYS:
        raise ValueError("heads")
    out: Arrays = {}
    for _, code, shape in heads:
        kind = np.dtype(str(code))
        plain = kind.kind in "biuf" and kind.itemsize <= 8 and kind.str == code
        if not plain or len(shape) > 8 or not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError("array")
        size = math.prod(shape) * kind.itemsize
        if size > len(rest):
            raise ValueError("too short")
        array = np.frombuffer(bytes(rest[:size]), kind).reshape(shape)
        out[hashlib.sha256(canonical({"dtype": kind.str, "shape": list(shape)}) + array.tobytes()).hexdigest()] = array
        rest = rest[size:]
    if len(rest):
        raise ValueError("too long")
    return out


class Door:
    """One side; `other` is a file descriptor of a stream. The arena's side is `patient` with nobody: it polls."""

    def __init__(self, other: int, polls: bool) -> None:
        self._fd, self._polls, self._got, self._lock = other, polls, bytearray(), threading.Lock()
        os.set_blocking(other, not polls)

    def send(self, value: Any, arrays: Mapping[str, np.ndarray] | None = None, until: float = math.inf) -> None:
        """Sends a frame; Closed when nobody is there, Late when it wasn't taken until `until` (of time.monotonic)."""
        rest = memoryview(frame(value, arrays))
        with self._lock:
            while rest:
                self._wait(select.POLLOUT, until)
                try:
                    rest = rest[os.write(self._fd, rest[:CHUNK]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise Closed from None

    def receive(self, most: int | None = None) -> tuple[Any, Arrays] | None:
        """The next frame; None when it isn't here yet (the polling side). Closed at the end, Malformed for rubbish or
        more than `most` bytes."""
        while (raw := self._whole(most)) is None:
            if not self._read():
                return None
        return unframe(raw)

    def _whole(self, most: int | None) -> bytes | None:
        if len(self._got) < 8:
            return None
        size = int.from_bytes(self._got[:8], "big")
        if most is not None and size > most:
            raise Malformed(f"a frame of {size} bytes, where {most} are the most")
        if len(self._got) < 8 + size:
            return None
        raw = bytes(self._got[8 : 8 + size])
        del self._got[: 8 + size]
        return raw

    def _read(self) -> bool:
        try:
            more = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            raise Closed from None
        if not more:
            raise Closed
        self._got += more
        return True

    def _wait(self, what: int, until: float) -> None:
        if not self._polls:
            return
        left = until - time.monotonic()
        poller = select.poll()
        poller.register(self._fd, what)
        if left <= 0 or not poller.poll(None if left == math.inf else 1000 * left):
            raise Late
