"""Passwords of LUKS images, added and removed."""

from __future__ import annotations

from typing_extensions import Buffer

from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.crypto.backend import Backend
from iochan.crypto.block.effort import UNLOCK_SECONDS
from iochan.crypto.block.errors import LuksError
from iochan.crypto.block.header import SLOTS, LuksHeader
from iochan.crypto.block.keyslot import ITERATION_TIME, choose_iterations
from iochan.crypto.block.luks import read_header_op
from iochan.crypto.block.material import fill_op, free_op, slots_of_op, unlock_op, wipe_op

__all__ = ["add_key_op", "remove_key_op"]


def add_key_op(
    image: Channel,
    password: Buffer,
    new_password: Buffer,
    *,
    slot: int | None = None,
    iteration_time: int = ITERATION_TIME,
    iterations: int | None = None,
    force: bool = False,
    max_seconds: float | None = UNLOCK_SECONDS,
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
        force: Whether an active *slot* may be overwritten. What was in it goes first: if the work is cut
            short, neither password opens it.
        max_seconds: As `open_luks_op` has it.
        backend: Who does the work.

    Raises:
        LuksError: *slot* is taken, or all are; or trying *password* would take too long.
        WrongPassword: No slot opens with *password*.
    """
    header = yield from read_header_op(image)
    number = _free_slot(header, slot, force=force)
    key = yield from unlock_op(image, header, password, max_seconds, backend)
    iterations = choose_iterations(header, iteration_time, iterations, backend)
    if header.slots[number].active:
        yield from wipe_op(image, header, number)
    yield from fill_op(image, header, number, key, new_password, iterations, backend)
    return number


def remove_key_op(
    image: Channel,
    *,
    slot: int | None = None,
    password: Buffer | None = None,
    force: bool = False,
    max_seconds: float | None = UNLOCK_SECONDS,
    backend: Backend | str | None = None,
) -> Op[list[int]]:
    """Let a password open the image no more, overwrite its key material, and return the slots freed.

    The material is gone from the disk before its slot is called free: if the work is cut short, the password
    opens nothing any more, and the slot can be freed again by its number. What a drive or a file system keeps
    of old blocks, no program can reach.

    Args:
        image: The image, or its detached header.
        slot: The slot to free, or None.
        password: The password whose slots are freed, or None; one of the two is given.
        force: Whether the last active slot may go: nothing opens the image any more then.
        max_seconds: As `open_luks_op` has it.
        backend: Who does the work.

    Raises:
        LuksError: The slot is free already, or is the last one; or trying *password* would take too long.
        WrongPassword: No slot opens with *password*.
    """
    header = yield from read_header_op(image)
    if (slot is None) == (password is None):
        message = "which key is to go? give either its slot or its password"
        raise LuksError(message)
    if password is not None:
        gone = yield from slots_of_op(image, header, password, max_seconds, backend)
    else:
        assert slot is not None
        _check_number(slot)
        gone = [slot]
        if not header.slots[slot].active:
            message = f"LUKS key slot {slot} holds no key: `iochan luks info` shows which do"
            raise LuksError(message)
    if set(header.active) <= set(gone) and not force:
        message = (
            "that is the last key, nothing would open the image any more: add another first, or force it"
        )
        raise LuksError(message)
    for number in gone:
        header = yield from free_op(image, header, number)
    return gone


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
