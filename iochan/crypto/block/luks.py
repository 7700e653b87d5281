"""Images of LUKS version 1 over channels with offsets: opened, made, and their passwords changed.

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
from iochan.core.errors import UnexpectedEOF, show_known
from iochan.core.op import Op
from iochan.crypto.backend import Backend
from iochan.crypto.block.channel import LuksChannel
from iochan.crypto.block.errors import LuksError, WrongPassword
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
from iochan.crypto.block.keyslot import (
    MAX_ITERATIONS,
    MIN_ITERATIONS,
    count_iterations,
    digest_key,
    fill_slot,
    open_slot,
)
from iochan.crypto.block.sectors import SectorCipher
from iochan.crypto.cipher import key_length
from iochan.crypto.errors import UnknownAlgorithm
from iochan.crypto.ivgen import IvAlgorithm
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, named
from iochan.crypto.random import random_bytes

__all__ = [
    "ITERATION_TIME",
    "add_key_op",
    "create_luks_op",
    "has_luks",
    "open_luks_op",
    "read_header_op",
    "remove_key_op",
]

ITERATION_TIME: Final = 2000
"""Milliseconds that deriving a key from a password takes, unless told otherwise (QEMU's and cryptsetup's)."""

_FIRST_SLOT: Final = 4096 // SECTOR
_MAX_SIZE: Final = 1 << 62
_OVERWRITES: Final = 40
_NO_SALT: Final = bytes(SALT_LENGTH)


def has_luks(data: Buffer) -> bool:
    """Tell whether an image that begins with *data* is LUKS, of any version."""
    return bytes(memoryview(data)[: len(MAGIC)]) == MAGIC


def read_header_op(image: Channel, *, detached: bool = False) -> Op[LuksHeader]:
    """Return what the header of *image* says; no password is needed.

    Raises:
        LuksError: There is none, or it is damaged.
    """
    data = yield from _read_op(image, 0, HEADER_LENGTH, "the LUKS header")
    return parse_header(data, detached=detached)


def open_luks_op(
    image: Channel,
    password: Buffer,
    *,
    header: Channel | None = None,
    backend: Backend | str | None = None,
) -> Op[LuksChannel]:
    """Return *image*'s plain bytes as a channel, which owns *image* from then on.

    Args:
        image: A channel with `Feature.SEEK`. After an error it is still the caller's.
        password: Of any key slot.
        header: The channel with the detached header; it stays the caller's.
        backend: Who does the work.

    Raises:
        LuksError: The header is damaged, or there is none.
        WrongPassword: No slot opens with *password*.
    """
    facts = yield from read_header_op(header or image, detached=header is not None)
    _, key = yield from _unlock_op(header or image, facts, password, backend)
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
    slots = [KeySlot(False, 0, _NO_SALT, _FIRST_SLOT + number * each) for number in range(SLOTS)]
    draft = LuksHeader(
        algorithm=named(CipherAlgorithm, algorithm),
        mode=named(CipherMode, mode),
        ivgen=_ivgen(ivgen),
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
    parse_header(pack_header(draft), detached=header is not None)
    key = random_bytes(length)
    SectorCipher(draft, key, backend)
    iterations = _iterations(draft, iteration_time, iterations, backend)
    draft = replace(draft, digest_iterations=max(iterations // 8, MIN_ITERATIONS))
    draft = replace(draft, digest=digest_key(draft, key, backend))
    where = header or image
    # The room for all key material exists from the start, so that every tool finds it.
    yield from _write_op(where, (_FIRST_SLOT + SLOTS * each) * SECTOR - 1, b"\0")
    if size:
        yield from _write_op(image, draft.payload * SECTOR + size - 1, b"\0")
    return (yield from _fill_op(where, draft, 0, key, password, iterations, backend))


def add_key_op(
    image: Channel,
    password: Buffer,
    new_password: Buffer,
    *,
    slot: int | None = None,
    iteration_time: int = ITERATION_TIME,
    iterations: int | None = None,
    force: bool = False,
    detached: bool = False,
    backend: Backend | str | None = None,
) -> Op[int]:
    """Let *new_password* open the image as well, and return the number of its slot.

    Args:
        image: The image, or its detached header.
        password: Of any slot.
        new_password: The new one.
        slot: Where it goes; None for the first free slot.
        iteration_time: Milliseconds that a try of the new password should take here.
        iterations: Of PBKDF2 instead, at least `MIN_ITERATIONS`; then nothing is measured.
        force: Whether an active *slot* may be overwritten.
        detached: Whether *image* is a detached header.
        backend: Who does the work.

    Raises:
        LuksError: *slot* is taken, or all are.
        WrongPassword: No slot opens with *password*.
    """
    header = yield from read_header_op(image, detached=detached)
    number = _free_slot(header, slot, force=force)
    _, key = yield from _unlock_op(image, header, password, backend)
    iterations = _iterations(header, iteration_time, iterations, backend)
    yield from _fill_op(image, header, number, key, new_password, iterations, backend)
    return number


def remove_key_op(
    image: Channel,
    *,
    slot: int | None = None,
    password: Buffer | None = None,
    force: bool = False,
    detached: bool = False,
    backend: Backend | str | None = None,
) -> Op[list[int]]:
    """Let a password open the image no more, overwrite its key material, and return the slots freed.

    Args:
        image: The image, or its detached header.
        slot: The slot to free, or None.
        password: The password whose slots are freed, or None; one of the two is given.
        force: Whether the last active slot may go: nothing opens the image any more then.
        detached: Whether *image* is a detached header.
        backend: Who does the work.

    Raises:
        LuksError: The slot is free already, or is the last one.
        WrongPassword: No slot opens with *password*.
    """
    header = yield from read_header_op(image, detached=detached)
    if (slot is None) == (password is None):
        message = "which key is to go? give either its slot or its password"
        raise LuksError(message)
    if password is not None:
        gone = yield from _slots_of_op(image, header, password, backend)
    else:
        assert slot is not None
        _check_number(slot)
        gone = [slot]
        if not header.slots[slot].active:
            message = f"LUKS key slot {slot} holds no key: `iochan luks info` shows which do"
            raise LuksError(message)
    active = [number for number, one in enumerate(header.slots) if one.active]
    if set(active) <= set(gone) and not force:
        message = (
            "that is the last key, nothing would open the image any more: add another first, or force it"
        )
        raise LuksError(message)
    for number in gone:
        empty = KeySlot(False, 0, _NO_SALT, header.slots[number].offset)
        header = _with_slot(header, number, empty)
        yield from _write_op(image, 0, pack_header(header))
        for _ in range(_OVERWRITES):
            yield from _write_op(image, empty.offset * SECTOR, random_bytes(header.material_length))
    return gone


def _ivgen(name: str) -> IvAlgorithm:
    try:
        return IvAlgorithm(name)
    except ValueError:
        known = show_known(name, [one.value for one in IvAlgorithm])
        raise UnknownAlgorithm("vector generator", name, known) from None


def _iterations(
    header: LuksHeader, milliseconds: int, given: int | None, backend: Backend | str | None
) -> int:
    if given is None:
        return count_iterations(header, milliseconds, backend)
    if not MIN_ITERATIONS <= given <= MAX_ITERATIONS:
        message = f"{given} iterations for a LUKS key: give {MIN_ITERATIONS} to {MAX_ITERATIONS}"
        raise LuksError(message)
    return given


def _free_slot(header: LuksHeader, slot: int | None, *, force: bool) -> int:
    if slot is None:
        for number, one in enumerate(header.slots):
            if not one.active:
                return number
        message = f"all {SLOTS} LUKS key slots are taken: remove a key first"
        raise LuksError(message)
    _check_number(slot)
    if header.slots[slot].active and not force:
        message = f"LUKS key slot {slot} holds a key: remove it first, take another slot, or force it"
        raise LuksError(message)
    return slot


def _check_number(slot: int) -> None:
    if not 0 <= slot < SLOTS:
        message = f"no LUKS key slot {slot}: there are 0 to {SLOTS - 1}"
        raise LuksError(message)


def _with_slot(header: LuksHeader, number: int, slot: KeySlot) -> LuksHeader:
    return replace(header, slots=(*header.slots[:number], slot, *header.slots[number + 1 :]))


def _fill_op(
    image: Channel,
    header: LuksHeader,
    number: int,
    key: bytes,
    password: Buffer,
    iterations: int,
    backend: Backend | str | None,
) -> Op[LuksHeader]:
    slot, material = fill_slot(header, header.slots[number], key, password, iterations, backend)
    header = _with_slot(header, number, slot)
    # The material first: a header must never promise what is not there.
    yield from _write_op(image, slot.offset * SECTOR, material)
    yield from _write_op(image, 0, pack_header(header))
    return header


def _unlock_op(
    image: Channel, header: LuksHeader, password: Buffer, backend: Backend | str | None
) -> Op[tuple[int, bytes]]:
    for number, slot in enumerate(header.slots):
        if slot.active:
            key = yield from _try_op(image, header, slot, password, backend)
            if key is not None:
                return number, key
    raise _wrong_password(header)


def _slots_of_op(
    image: Channel, header: LuksHeader, password: Buffer, backend: Backend | str | None
) -> Op[list[int]]:
    found = []
    for number, slot in enumerate(header.slots):
        if slot.active and (yield from _try_op(image, header, slot, password, backend)) is not None:
            found.append(number)
    if not found:
        raise _wrong_password(header)
    return found


def _try_op(
    image: Channel, header: LuksHeader, slot: KeySlot, password: Buffer, backend: Backend | str | None
) -> Op[bytes | None]:
    material = yield from _read_op(image, slot.offset * SECTOR, header.material_length, "LUKS key material")
    return open_slot(header, slot, material, password, backend)


def _wrong_password(header: LuksHeader) -> WrongPassword:
    count = sum(slot.active for slot in header.slots)
    return WrongPassword(f"the password opens none of the image's {count} key slots: give another")


def _read_op(image: Channel, offset: int, size: int, what: str) -> Op[bytes]:
    room = memoryview(bytearray(size))
    done = 0
    while done < size:
        got = yield from image.preadv_op([room[done:]], offset + done)
        if not got:
            message = f"{image.name} ends {size - done} bytes before the end of {what}: is it whole?"
            raise LuksError(message) from UnexpectedEOF(done, size)
        done += got
    return bytes(room)


def _write_op(image: Channel, offset: int, data: bytes) -> Op[None]:
    rest = memoryview(data)
    while rest:
        put = yield from image.pwritev_op([rest], offset)
        rest = rest[put:]
        offset += put
