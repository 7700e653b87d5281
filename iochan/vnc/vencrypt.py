"""VeNCrypt 0.2: agreeing on TLS, and on what is proved inside it. Both sides of it."""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from typing import Final

from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.core.upgrade import Upgrade
from iochan.vnc import codes
from iochan.vnc.errors import RfbError, SecurityMismatch

__all__ = ["MAX_SUBTYPES", "choose_op", "names", "offer_op"]

_VERSION: Final = b"\0\2"
_REFUSED: Final = b"\xff"
MAX_SUBTYPES: Final = 255


def offer_op(channel: Channel, subtype: int, upgrade: Upgrade | None) -> Op[Channel]:
    """Offer *subtype* alone, as a server; return *channel*, protected if *upgrade* does that.

    Raises:
        SecurityMismatch: The client speaks another version, or chose what was not offered.
    """
    yield from channel.write_all_op(_VERSION)
    version = yield from channel.read_exactly_op(2)
    if version != _VERSION:
        yield from channel.write_all_op(_REFUSED)
        message = f"{channel.name}: VeNCrypt {version[0]}.{version[1]} of the client: only 0.2 is spoken"
        raise SecurityMismatch(message)
    yield from channel.write_all_op(struct.pack(">BBI", 0, 1, subtype))
    (chosen,) = struct.unpack(">I", (yield from channel.read_exactly_op(4)))
    if chosen != subtype:
        yield from channel.write_all_op(b"\0")
        message = f"{channel.name}: the client chose VeNCrypt subtype {chosen}, offered was {subtype}"
        raise SecurityMismatch(message)
    if upgrade is None:
        return channel
    yield from channel.write_all_op(b"\1")
    return (yield from upgrade(channel))


def choose_op(channel: Channel, wanted: Sequence[int], upgrade: Upgrade | None) -> Op[tuple[Channel, int]]:
    """Choose the first of *wanted* that the server offers, as a client; return the channel and the subtype.

    Raises:
        SecurityMismatch: It offers none of them, or another version.
        RfbError: It breaks the protocol.
    """
    version = yield from channel.read_exactly_op(2)
    if version < _VERSION:
        yield from channel.write_all_op(b"\0\0")
        message = f"VeNCrypt {version[0]}.{version[1]} of the server: it needs at least 0.2"
        raise SecurityMismatch(message)
    yield from channel.write_all_op(_VERSION)
    if (yield from channel.read_exactly_op(1)) != b"\0":
        message = "the server does not speak VeNCrypt 0.2, which it had to answer its own version with"
        raise SecurityMismatch(message)
    count = (yield from channel.read_exactly_op(1))[0]
    offered = struct.unpack(f">{count}I", (yield from channel.read_exactly_op(4 * count)))
    chosen = next((subtype for subtype in wanted if subtype in offered), None)
    if chosen is None:
        message = (
            f"the server offers {names(offered)} within VeNCrypt, and what it was given "
            f"makes {names(wanted)} possible: give other credentials"
        )
        raise SecurityMismatch(message)
    yield from channel.write_all_op(struct.pack(">I", chosen))
    if upgrade is None or chosen == codes.VENCRYPT_PLAIN:
        return channel, chosen
    answer = yield from channel.read_exactly_op(1)
    if answer != b"\1":
        message = f"the server refused {names([chosen])}, which it had offered, with {answer[0]}"
        raise RfbError(message)
    return (yield from upgrade(channel)), chosen


def names(types: Collection[int]) -> str:
    """Return security *types* as people call them."""
    return ", ".join(codes.SECURITY_NAMES.get(number, str(number)) for number in types) or "nothing"
