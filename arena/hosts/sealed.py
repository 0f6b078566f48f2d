"""Sealing: bytes that only who holds the secret can read, or can have written.

The seal is a keyed BLAKE2b over name and content; the keystream hangs on the secret and the seal (a synthetic nonce),
so that two contents under one name never share a stream, and the same content always gives the same bytes. What can
still be seen: how long it is, and when it was written.
"""

from __future__ import annotations

import hashlib
import hmac

import numpy as np

SEAL, CHUNK = 32, 1 << 20


def _key(secret: bytes, purpose: str) -> bytes:
    return hashlib.blake2b(secret, person=f"arena/{purpose}/1".encode(), digest_size=32).digest()


def name_under(secret: bytes, what: bytes) -> str:
    """64 hexadecimal digits for `what`, that can't be told without the secret."""
    return hashlib.blake2b(what, key=_key(secret, "name"), digest_size=32).hexdigest()


def seal(secret: bytes, name: str, content: bytes) -> bytes:
    """`content`, sealed under `name`."""
    mark = _seal_of(secret, name, content)
    return b"".join((mark, _crossed(secret, mark, content)))


def unseal(secret: bytes, name: str, sealed: bytes) -> memoryview | None:
    """What was sealed under `name`; None when it was changed, or sealed by somebody else or under another name."""
    mark = sealed[:SEAL]
    content = _crossed(secret, mark, memoryview(sealed)[SEAL:])
    return content if hmac.compare_digest(mark, _seal_of(secret, name, content)) else None


def _seal_of(secret: bytes, name: str, content: bytes | memoryview) -> bytes:
    h = hashlib.blake2b(len(name).to_bytes(8, "big") + name.encode(), key=_key(secret, "seal"), digest_size=SEAL)
    h.update(content)
    return h.digest()


def _crossed(secret: bytes, mark: bytes, content: bytes | memoryview) -> memoryview:
    """`content` XOR the keystream, SHAKE-256 of key, seal and the chunk's number."""
    numbers, before = np.frombuffer(content, np.uint8), _key(secret, "stream") + mark
    out = np.empty_like(numbers)
    for start in range(0, len(numbers), CHUNK):
        part = numbers[start : start + CHUNK]
        stream = hashlib.shake_256(before + start.to_bytes(8, "big")).digest(len(part))
        np.bitwise_xor(part, np.frombuffer(stream, np.uint8), out=out[start : start + CHUNK])
    return out.data
