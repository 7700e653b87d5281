"""Images of LUKS version 1 over channels with offsets: made, and opened.

Each is an operation that any driver runs. Deriving a key from a password keeps the processor busy for as
long as its maker chose, two seconds most often, and nothing else runs in that thread meanwhile: under an
event loop run the operation in a thread, by `iochan.core.op.run`.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from typing_extensions import Buffer

from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.crypto.backend import Backend
from iochan.crypto.block.channel import LuksChannel
from iochan.crypto.block.effort import UNLOCK_SECONDS
from iochan.crypto.block.errors import LuksError
from iochan.crypto.block.header import (
    DIGEST_LENGTH,
    HEADER_LENGTH,
    MAGIC,
    SALT_LENGTH,
    SECTOR,
    SLOTS,
    KeySlot,
    LuksHeader,
    pack_header,
    parse_header,
    slot_sectors,
)
from iochan.crypto.block.keyslot import ITERATION_TIME, MIN_ITERATIONS, choose_iterations, digest_key
from iochan.crypto.block.material import fill_op, read_op, unlock_op, write_op
from iochan.crypto.block.sectors import SectorCipher
from iochan.crypto.cipher import key_length
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, IvAlgorithm, named
from iochan.crypto.random import random_bytes

__all__ = ["create_luks_op", "has_luks", "open_luks_op", "read_header_op"]

_FIRST_SLOT: Final = 4096 // SECTOR
_MAX_SIZE: Final = 1 << 62


def has_luks(data: Buffer) -> bool:
    """Tell whether an image that begins with *data* is LUKS, of any version."""
    return bytes(memoryview(data)[: len(MAGIC)]) == MAGIC


def read_header_op(image: Channel) -> Op[LuksHeader]:
    """Return what the header of *image*, or the detached header *image*, says; no password is needed.

    Raises:
        LuksError: There is none, or it is damaged.
    """
    data = yield from read_op(image, 0, HEADER_LENGTH, "the LUKS header")
    return parse_header(data)


def open_luks_op(
    image: Channel,
    password: Buffer,
    *,
    header: Channel | None = None,
    max_seconds: float | None = UNLOCK_SECONDS,
    backend: Backend | str | None = None,
) -> Op[LuksChannel]:
    """Return *image*'s plain bytes as a channel, which owns *image* from then on.

    Args:
        image: A channel with `Feature.SEEK`. After an error it is still the caller's.
        password: Of any key slot.
        header: The channel with the header, where that is detached, or a copy of it; it stays the caller's.
        max_seconds: How much time of this processor trying *password* may take: whoever made the image has
            chosen how much it does, and nothing stops a try once it has begun. None for any time.
        backend: Who does the work.

    Raises:
        LuksError: The header is damaged, or there is none; or trying *password* would take too long.
        WrongPassword: No slot opens with *password*.
    """
    facts = yield from read_header_op(header or image)
    if facts.detached and header is None:
        message = f"{image.name} is a header without its image: give the image, and this as its header"
        raise LuksError(message)
    key = yield from unlock_op(header or image, facts, password, max_seconds, backend)
    return LuksChannel(image, SectorCipher(facts, key, backend), facts)


def create_luks_op(
    image: Channel,
    password: Buffer,
    size: int,
    *,
    algorithm: str = CipherAlgorithm.AES_256,
    mode: str = CipherMode.XTS,
    ivgen: str = IvAlgorithm.PLAIN64,
    iv_hash: str | None = None,
    hash_algorithm: str = HashAlgorithm.SHA256,
    iteration_time: int = ITERATION_TIME,
    iterations: int | None = None,
    header: Channel | None = None,
    backend: Backend | str | None = None,
) -> Op[LuksHeader]:
    """Make *image* a LUKS image with room for *size* plain bytes; all that was in it is lost.

    Args:
        image: A channel with `Feature.SEEK`; it stays the caller's.
        password: Of key slot 0.
        size: Bytes, a multiple of 512.
        algorithm: The cipher.
        mode: Its mode.
        ivgen: What makes the vectors; essiv needs *iv_hash*.
        iv_hash: The hash of essiv.
        hash_algorithm: The hash of PBKDF2 and of the splitter.
        iteration_time: Milliseconds that a try of a password should take here.
        iterations: Of PBKDF2 instead, at least `MIN_ITERATIONS`; then nothing is measured.
        header: Where the header goes instead of the beginning of *image*.
        backend: Who does the work.

    Returns:
        The header that was written.

    Raises:
        LuksError: What is asked for cannot be, or *size* is no multiple of 512.
        UnknownAlgorithm: A name is unknown.
    """
    if not 0 <= size <= _MAX_SIZE or size % SECTOR:
        message = f"an image of {size} bytes: give a multiple of {SECTOR}, at most {_MAX_SIZE}"
        raise LuksError(message)
    length = key_length(algorithm, mode)
    each = slot_sectors(length)
    slots = [KeySlot.empty(_FIRST_SLOT + number * each) for number in range(SLOTS)]
    draft = LuksHeader(
        algorithm=named(CipherAlgorithm, algorithm),
        mode=named(CipherMode, mode),
        ivgen=named(IvAlgorithm, ivgen),
        iv_hash=None if iv_hash is None else named(HashAlgorithm, iv_hash),
        hash=named(HashAlgorithm, hash_algorithm),
        payload=_FIRST_SLOT + SLOTS * each if header is None else 0,
        key_length=length,
        digest=bytes(DIGEST_LENGTH),
        digest_salt=random_bytes(SALT_LENGTH),
        digest_iterations=1,
        uuid=str(uuid.uuid4()),
        slots=tuple(slots),
    )
    # What cannot be is refused before anything is written.
    parse_header(pack_header(draft))
    key = random_bytes(length)
    SectorCipher(draft, key, backend)
    iterations = choose_iterations(draft, iteration_time, iterations, backend)
    draft = replace(draft, digest_iterations=max(iterations // 8, MIN_ITERATIONS))
    draft = replace(draft, digest=digest_key(draft, key, backend))
    where = header or image
    # Zeros over every slot: of an image that was here before, header and keys go first, and the room for all
    # key material is there from the start, so that every tool finds it.
    yield from write_op(where, 0, bytes((_FIRST_SLOT + SLOTS * each) * SECTOR))
    yield from where.sync_op()
    if size:
        yield from write_op(image, draft.payload * SECTOR + size - 1, b"\0")
    return (yield from fill_op(where, draft, 0, key, password, iterations, backend))
