"""Key slots: a master key under a password, and the digest that tells whether it is the right one."""

from __future__ import annotations

import hmac
from typing import Final

from typing_extensions import Buffer

from iochan.crypto.afsplit import AfSplitter
from iochan.crypto.backend import Backend
from iochan.crypto.block.errors import LuksError
from iochan.crypto.block.header import (
    DIGEST_LENGTH,
    MAX_ITERATIONS,
    SALT_LENGTH,
    KeySlot,
    LuksHeader,
)
from iochan.crypto.block.sectors import SectorCipher
from iochan.crypto.kdf import pbkdf2, pbkdf2_count_iterations
from iochan.crypto.random import random_bytes

__all__ = [
    "ITERATION_TIME",
    "MAX_ITERATIONS",
    "MIN_ITERATIONS",
    "choose_iterations",
    "digest_key",
    "fill_slot",
    "open_slot",
]

MIN_ITERATIONS: Final = 1000
"""The fewest iterations that are written, however slow the machine."""

ITERATION_TIME: Final = 2000
"""Milliseconds that deriving a key from a password takes, unless told otherwise (QEMU's and cryptsetup's)."""


def choose_iterations(
    header: LuksHeader, milliseconds: int, given: int | None, backend: Backend | str | None
) -> int:
    """Return *given*, or where that is None the iterations that take about so many *milliseconds* here.

    Raises:
        LuksError: *given* is not between `MIN_ITERATIONS` and `MAX_ITERATIONS`.
    """
    if given is None:
        room = bytes(SALT_LENGTH)
        second = pbkdf2_count_iterations(header.hash, b"password", room, header.key_length, backend)
        return min(max(second * milliseconds // 1000, MIN_ITERATIONS), MAX_ITERATIONS)
    if not MIN_ITERATIONS <= given <= MAX_ITERATIONS:
        message = f"{given} iterations for a LUKS key: give {MIN_ITERATIONS} to {MAX_ITERATIONS}"
        raise LuksError(message)
    return given


def digest_key(header: LuksHeader, key: Buffer, backend: Backend | str | None = None) -> bytes:
    """Return the digest of a master key under *header*'s salt and iterations."""
    return pbkdf2(header.hash, key, header.digest_salt, header.digest_iterations, DIGEST_LENGTH, backend)


def open_slot(
    header: LuksHeader,
    slot: KeySlot,
    material: bytes,
    password: Buffer,
    backend: Backend | str | None = None,
) -> bytes | None:
    """Return the master key that *slot* holds, or None if *password* is not its own.

    Args:
        header: The image's header.
        slot: An active slot of it.
        material: What lies at its offset, `LuksHeader.material_length` bytes.
        password: The password.
        backend: Who does the work.
    """
    outer = pbkdf2(header.hash, password, slot.salt, slot.iterations, header.key_length, backend)
    room = bytearray(material)
    SectorCipher(header, outer, backend).decrypt(memoryview(room), 0)
    split = memoryview(room)[: header.key_length * slot.stripes]
    key = AfSplitter(header.hash, slot.stripes).join(split, header.key_length)
    return key if hmac.compare_digest(digest_key(header, key, backend), header.digest) else None


def fill_slot(
    header: LuksHeader,
    slot: KeySlot,
    key: bytes,
    password: Buffer,
    iterations: int,
    backend: Backend | str | None = None,
) -> tuple[KeySlot, bytes]:
    """Return *slot* with *key* in it under *password*, and its key material to write at its offset."""
    filled = KeySlot(
        active=True,
        iterations=iterations,
        salt=random_bytes(SALT_LENGTH),
        offset=slot.offset,
        stripes=slot.stripes,
    )
    outer = pbkdf2(header.hash, password, filled.salt, iterations, header.key_length, backend)
    room = bytearray(header.material_length)
    split = AfSplitter(header.hash, slot.stripes).split(key)
    room[: len(split)] = split
    SectorCipher(header, outer, backend).encrypt(memoryview(room), 0)
    return filled, bytes(room)
