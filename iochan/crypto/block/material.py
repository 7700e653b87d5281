"""Key slots on the disk: tried, filled and freed, in an order that no power cut can turn against the image.

The material of a slot is on the disk before the header says that it is there, and is gone from the disk
before the header says that it is not.
"""

from __future__ import annotations

from typing import Final

from typing_extensions import Buffer

from iochan.core.channel import Channel
from iochan.core.errors import UnexpectedEOF
from iochan.core.op import Op
from iochan.crypto.backend import Backend
from iochan.crypto.block.effort import Effort
from iochan.crypto.block.errors import LuksError, WrongPassword
from iochan.crypto.block.header import SECTOR, KeySlot, LuksHeader, pack_header
from iochan.crypto.block.keyslot import fill_slot, open_slot
from iochan.crypto.random import random_bytes

__all__ = ["fill_op", "free_op", "read_op", "slots_of_op", "unlock_op", "wipe_op", "write_op"]

_OVERWRITES: Final = 40
"""How often key material is overwritten (QEMU's number)."""


def unlock_op(
    image: Channel,
    header: LuksHeader,
    password: Buffer,
    max_seconds: float | None,
    backend: Backend | str | None,
) -> Op[bytes]:
    """Return the master key, from the first slot that *password* opens.

    Raises:
        LuksError: Trying it would take more than *max_seconds*.
        WrongPassword: It opens none.
    """
    effort = Effort(max_seconds, backend)
    for number in header.active:
        effort.spend(header, number)
        key = yield from _try_op(image, header, number, password, backend)
        if key is not None:
            return key
    raise _wrong_password(header)


def slots_of_op(
    image: Channel,
    header: LuksHeader,
    password: Buffer,
    max_seconds: float | None,
    backend: Backend | str | None,
) -> Op[list[int]]:
    """Return the numbers of all slots that *password* opens.

    Raises:
        LuksError: Trying it would take more than *max_seconds*.
        WrongPassword: It opens none.
    """
    found = []
    effort = Effort(max_seconds, backend)
    for number in header.active:
        effort.spend(header, number)
        if (yield from _try_op(image, header, number, password, backend)) is not None:
            found.append(number)
    if not found:
        raise _wrong_password(header)
    return found


def fill_op(
    image: Channel,
    header: LuksHeader,
    number: int,
    key: bytes,
    password: Buffer,
    iterations: int,
    backend: Backend | str | None,
) -> Op[LuksHeader]:
    """Put the master *key* under *password* into slot *number*, and return the header that has it."""
    slot, material = fill_slot(header, header.slots[number], key, password, iterations, backend)
    yield from write_op(image, slot.offset * SECTOR, material)
    yield from image.sync_op()
    return (yield from _set_op(image, header, number, slot))


def free_op(image: Channel, header: LuksHeader, number: int) -> Op[LuksHeader]:
    """Wipe slot *number*, and return the header that calls it free."""
    yield from wipe_op(image, header, number)
    return (yield from _set_op(image, header, number, KeySlot.empty(header.slots[number].offset)))


def wipe_op(image: Channel, header: LuksHeader, number: int) -> Op[None]:
    """Overwrite the key material of slot *number*, each time as far as the disk."""
    for _ in range(_OVERWRITES):
        yield from write_op(image, header.slots[number].offset * SECTOR, random_bytes(header.material_length))
        yield from image.sync_op()


def read_op(image: Channel, offset: int, size: int, what: str) -> Op[bytes]:
    """Return *size* bytes of *image*; *what* they are is for the message of an image that was cut."""
    room = memoryview(bytearray(size))
    done = 0
    while done < size:
        got = yield from image.preadv_op([room[done:]], offset + done)
        if not got:
            message = f"{image.name} ends {size - done} bytes before the end of {what}: is it whole?"
            raise LuksError(message) from UnexpectedEOF(done, size)
        done += got
    return bytes(room)


def write_op(image: Channel, offset: int, data: bytes) -> Op[None]:
    """Write all of *data*."""
    rest = memoryview(data)
    while rest:
        put = yield from image.pwritev_op([rest], offset)
        rest = rest[put:]
        offset += put


def _set_op(image: Channel, header: LuksHeader, number: int, slot: KeySlot) -> Op[LuksHeader]:
    header = header.with_slot(number, slot)
    yield from write_op(image, 0, pack_header(header))
    yield from image.sync_op()
    return header


def _try_op(
    image: Channel, header: LuksHeader, number: int, password: Buffer, backend: Backend | str | None
) -> Op[bytes | None]:
    slot = header.slots[number]
    material = yield from read_op(image, slot.offset * SECTOR, header.material_length, "LUKS key material")
    return open_slot(header, slot, material, password, backend)


def _wrong_password(header: LuksHeader) -> WrongPassword:
    return WrongPassword(
        f"the password opens none of the image's {len(header.active)} key slots: give another"
    )
