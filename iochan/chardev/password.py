"""Roles by a password, for clients that can prove no name: telnet, ``nc``, a browser."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from typing import Final

from iochan.chardev.role import Role
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import ChannelTimeout, LimitExceeded, PeerRejected, SecretError
from iochan.core.op import Op, within
from iochan.secret.value import Secret

__all__ = ["LOGIN_SECONDS", "MAX_PASSWORD", "MAX_TRIES", "Passwords", "ask_password_op"]

LOGIN_SECONDS: Final = 60.0
"""How long a client may take until it has a role."""

MAX_PASSWORD: Final = 1024
"""Bytes of a password; more without an end of line are no password."""

MAX_TRIES: Final = 3
_log = logging.getLogger("iochan.chardev")
_PENALTY: Final = 1.0
_ERASE: Final = (b"\b", b"\x7f")

Passwords = Mapping[Role, Callable[[], Secret]]
"""What gives each role; asked anew each time, so that an object that has changed counts at once."""


def ask_password_op(channel: Channel, passwords: Passwords) -> Op[tuple[Role, bytes]]:
    """Ask the peer of *channel* for a password; return its role and what it typed behind the line.

    Raises:
        PeerRejected: It knew none of them, and not in time.
        LimitExceeded: It sent more than a password can be.
    """
    try:
        return (yield from within(_ask_op(channel, passwords), LOGIN_SECONDS))
    except ChannelTimeout:
        message = f"the peer gave no password within {LOGIN_SECONDS:g} s: let it connect again"
        raise PeerRejected(message) from None


def _ask_op(channel: Channel, passwords: Passwords) -> Op[tuple[Role, bytes]]:
    rest = b""
    for _ in range(MAX_TRIES):
        yield from channel.write_all_op(b"\r\npassword: ")
        line, rest = yield from _read_line_op(channel, rest)
        yield from channel.write_all_op(b"\r\n")
        # Every one is compared, so that the time tells nothing of the roles.
        known = [role for role, secret in passwords.items() if _is_same(line, secret)]
        if known:
            return max(known), rest
        until = clock.now() + _PENALTY
        while clock.now() < until:
            yield Blocked(deadline=until)
    message = f"the peer gave {MAX_TRIES} wrong passwords: see who it is"
    raise PeerRejected(message)


def _is_same(line: bytes, secret: Callable[[], Secret]) -> bool:
    try:
        wanted = secret().as_bytes()
    except SecretError as error:
        # As with lists: by what is not there nobody comes in.
        _log.warning("no role by a password: %s", error)
        return False
    return hmac.compare_digest(line, wanted)


def _read_line_op(channel: Channel, rest: bytes) -> Op[tuple[bytes, bytes]]:
    """Return a line as it was typed, without what was rubbed out, and what stands behind its end."""
    line = bytearray()
    while True:
        for index in range(len(rest)):
            byte = rest[index : index + 1]
            if byte in {b"\r", b"\n"}:
                behind = rest[index + 1 :]
                return bytes(line), behind[1:] if byte == b"\r" and behind[:1] in {b"\n", b"\0"} else behind
            if byte in _ERASE:
                del line[-1:]
            else:
                line += byte
        if len(line) > MAX_PASSWORD:
            message = (
                f"the peer sent more than {MAX_PASSWORD} bytes for a password: it is no client of a console"
            )
            raise LimitExceeded(message)
        rest = yield from channel.read_op()
        if not rest:
            message = "the peer left without a password: give it one"
            raise PeerRejected(message)
