"""The one hash primitive of the arena: canonical encoding, keyed SHA-256 and the label stream (ROSE III-B, III-C).

    message = header padded with zeros to whole 64-byte blocks || raw uint8 images
    digest  = HMAC-SHA256(secret, message)                                   all 256 bits are kept
    stream  = SHA-256(digest || 0), SHA-256(digest || 1), ...                64-bit big-endian counter
    label   = word mod c for each big-endian 32-bit word < 2^32 - (2^32 mod c); other words are skipped

The header is a sequence of length-prefixed fields that starts with a domain name, so no two different keys have one
encoding, and everything that could be chosen after the fact (claimant, level, number of triggers and classes, image
shape) is bound. Every compression is counted for the running agent (`arena.game.ledger`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import numpy as np

from arena.game import ledger

BLOCK = 64
SCRYPT_R, MOST_COST = 8, 2**20


def frame(*fields: bytes | str | int) -> bytes:
    """Length-prefixed concatenation: each field as 8 bytes of length, then its bytes (text as UTF-8, integers as 8
    bytes big-endian)."""
    parts = []
    for field in fields:
        raw = (field.encode() if isinstance(field, str) else field.to_bytes(8, "big")
               if isinstance(field, int) else bytes(field))
        parts.append(len(raw).to_bytes(8, "big") + raw)
    return b"".join(parts)


def pad_to_block(raw: bytes) -> bytes:
    """Zeros up to the next multiple of 64 bytes (unambiguous behind length-prefixed fields)."""
    return raw + bytes(-len(raw) % BLOCK)


def compressions(length: int) -> int:
    """SHA-256 compressions of a message of `length` bytes (9 bytes of padding at least)."""
    return (length + 8) // BLOCK + 1


def sha256(raw: bytes) -> bytes:
    """SHA-256, counted."""
    ledger.meter().compressions(compressions(len(raw)))
    return hashlib.sha256(raw).digest()


def keyed_hash(secret: bytes, message: bytes) -> bytes:
    """HMAC-SHA256, counted: the message behind one key block, the inner digest behind another."""
    ledger.meter().compressions(compressions(BLOCK + len(message)) + compressions(BLOCK + 32))
    return hmac.new(secret, message, hashlib.sha256).digest()


def label_blocks(digest: bytes, classes: int) -> Iterator[list[int]]:
    """Labels in 0..classes-1, one list for each block of eight 32-bit words; uncounted: callers count the blocks they
    take."""
    bound = 2**32 - 2**32 % classes
    counter = 0
    while True:
        block = hashlib.sha256(digest + counter.to_bytes(8, "big")).digest()
        words = (int.from_bytes(block[i : i + 4], "big") for i in range(0, 32, 4))
        yield [word % classes for word in words if word < bound]
        counter += 1


def labels(digest: bytes, count: int, classes: int) -> np.ndarray:
    """The first `count` labels of the stream, int64, uniform over 0..classes-1 (rejection, so no modulo bias)."""
    out: list[int] = []
    stream = label_blocks(digest, classes)
    while len(out) < count:
        ledger.meter().compressions(1)
        out += next(stream)
    return np.array(out[:count], dtype=np.int64)


def stream_labels(digests: list[bytes], count: int, classes: int) -> np.ndarray:
    """The first `count` labels of each digest's stream, int64 (N, count); uncounted: a grinder counts what it
    hashes."""
    blocks = -(-count // 8)
    raw = b"".join(hashlib.sha256(digest + block.to_bytes(8, "big")).digest() for digest in digests
                   for block in range(blocks))
    words = np.frombuffer(raw, ">u4").reshape(len(digests), 8 * blocks).astype(np.int64)
    out = words[:, :count] % classes
    # about one word in a thousand million is rejected
    for row in np.flatnonzero((words >= 2**32 - 2**32 % classes).any(1)):
        out[row] = [label for _, block in zip(range(blocks + 8), label_blocks(digests[row], classes), strict=False)
                    for label in block][:count]
    return out


def generator(digest: bytes) -> np.random.Generator:
    """Random numbers that follow from a digest (its first 16 bytes are Philox's key), the same on every device: what
    keys are made of."""
    return np.random.Generator(np.random.Philox(key=np.frombuffer(digest[:16], ">u8").astype(np.uint64)))


def image_bytes(images: np.ndarray) -> list[bytes]:
    """Raw bytes of each image of a uint8 array (N, C, H, W); raises TypeError for any other type, since floats must not
    be hashed."""
    if images.dtype != np.uint8:
        raise TypeError(f"only uint8 images are hashed, not {images.dtype}")
    return [np.ascontiguousarray(image).tobytes() for image in images]


def memory_hard(digest: bytes, salt: bytes, cost: int) -> bytes:
    """scrypt (RFC 7914) of a digest with N = `cost`, r = 8, p = 1: 1,024 bytes of memory for each unit of N, 32 bytes
    out; counted.

    What level 3 puts behind the keyed hash: an owner pays it once, a forger for every try, and in memory, which no
    vector unit multiplies. ValueError unless `cost` is a power of two from 2 to 2^20 (1 GiB).
    """
    check_cost(cost)
    ledger.meter().operations(memory_hard_operations(cost))
    return hashlib.scrypt(digest, salt=salt, n=cost, r=SCRYPT_R, p=1, maxmem=128 * SCRYPT_R * (cost + 3), dklen=32)


def check_cost(cost: int) -> None:
    """ValueError unless scrypt can be asked for it here."""
    if not isinstance(cost, int) or not 2 <= cost <= MOST_COST or cost & (cost - 1):
        raise ValueError(f"the cost of a memory-hard hash must be a power of two from 2 to "
                         f"2^{MOST_COST.bit_length() - 1}, not {cost}")


def memory_hard_operations(cost: int) -> int:
    """Integer operations of `memory_hard`: 2 N block mixes of 2 r = 16 Salsa20/8 cores, each 4 double rounds of 8
    quarter rounds of 12 operations, with 16 + 32 additions and exclusive-ors around."""
    core = 4 * 8 * 12 + 16 + 32
    return 2 * cost * 16 * core
