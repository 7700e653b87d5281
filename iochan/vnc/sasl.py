"""RFB's SASL: SCRAM-SHA-256 (RFC 7677) or PLAIN (RFC 4616), within TLS. Both sides of it.

Data that is there, even when empty, ends with a NUL that its length counts: a length of 0 says that there is
none at all.
"""

from __future__ import annotations

import struct
from typing import Final

from iochan.core.channel import Channel
from iochan.core.errors import ChannelBrokenError, UnexpectedEOF, show_bytes, show_text
from iochan.core.op import Op
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.errors import LoginFailed, RfbError, RfbLimit, SecurityMismatch
from iochan.vnc.scram import ScramClient, ScramServer
from iochan.vnc.security import Access, Logins, ScramLogins

__all__ = ["PLAIN", "SCRAM", "admit_by_sasl_op", "log_in_by_sasl_op"]

SCRAM: Final = "SCRAM-SHA-256"
PLAIN: Final = "PLAIN"
_MAX_NAME: Final = 100
"""Bytes of a mechanism's name (QEMU's rule)."""


def admit_by_sasl_op(channel: Channel, logins: Logins) -> Op[tuple[str, Access | None]]:
    """Have the client on *channel* prove who it is, as a server; return its name, and what it may do.

    One mechanism is offered: SCRAM, which shows the password to nobody, where *logins* has what it needs.

    Raises:
        LoginFailed: The client could not prove it; it was told so.
        SecurityMismatch: It chose another mechanism.
        RfbError: It breaks the protocol.
    """
    offered = SCRAM if isinstance(logins, ScramLogins) else PLAIN
    yield from channel.write_all_op(_packed(offered.encode()))
    chosen = yield from _read_bytes_op(channel, _MAX_NAME)
    if chosen != offered.encode():
        message = f"{channel.name}: the client chose SASL's {show_bytes(chosen)}, offered was {offered}"
        raise SecurityMismatch(message)
    data = yield from _read_data_op(channel)
    if data is None:  # it waits to be asked, as a mechanism may that has nothing to say first
        yield from _reply_op(channel, b"", complete=False)
        data = yield from _read_data_op(channel)
    if isinstance(logins, ScramLogins):
        server = ScramServer(logins)
        yield from _reply_op(channel, server.challenge(data or b""), complete=False)
        proof = yield from _read_data_op(channel)
        try:
            verdict = server.verdict(proof or b"")
        except LoginFailed:
            yield from _reply_op(channel, None, complete=True)
            raise
        yield from _reply_op(channel, verdict, complete=True)
        return server.user, logins.granted(server.user)
    user, password = _plain(data or b"")
    yield from _reply_op(channel, None, complete=True)
    return user, logins.access(user, password)


def log_in_by_sasl_op(channel: Channel, user: str, password: Secret) -> Op[None]:
    """Prove to the server on *channel* who we are, as a client.

    Raises:
        LoginFailed: It did not take them, or ended the connection, as QEMU does with who is wrong.
        SecurityMismatch: It offers neither of the two mechanisms.
        PeerRejected: It does not know the password itself.
        RfbError: It breaks the protocol.
    """
    offered = (yield from _read_bytes_op(channel, codes.MAX_SASL)).decode("utf-8", "replace")
    chosen = next((name for name in (SCRAM, PLAIN) if name in offered.split(",")), None)
    if chosen is None:
        message = f"the server offers {show_text(offered)} within SASL: {SCRAM} and {PLAIN} are what is done"
        raise SecurityMismatch(message)
    try:
        if chosen == SCRAM:
            yield from _scram_op(channel, user, password)
        else:
            plain = b"\0" + user.encode() + b"\0" + password.as_bytes()
            yield from channel.write_all_op(_packed(PLAIN.encode()) + _packed(plain + b"\0"))
            yield from _finish_op(channel, (yield from _read_reply_op(channel)))
    except (UnexpectedEOF, ChannelBrokenError) as error:
        message = (
            "the server ended the connection over SASL, as it may where the user or the password is wrong"
        )
        raise LoginFailed(message) from error


def _scram_op(channel: Channel, user: str, password: Secret) -> Op[None]:
    client = ScramClient(user, password)
    yield from channel.write_all_op(_packed(SCRAM.encode()) + _packed(client.begin() + b"\0"))
    challenge, complete = yield from _read_reply_op(channel)
    if challenge is None or complete:
        message = "the server ended SCRAM before it began: the user is wrong, or it cannot do what it offers"
        raise LoginFailed(message)
    yield from channel.write_all_op(_packed(client.answer(challenge) + b"\0"))
    final, complete = yield from _read_reply_op(channel)
    if final is None:
        # Whatever it says next: who cannot prove that it knows the password may let everybody in.
        message = "the server gave no proof that it knows the password: the user or the password is wrong"
        raise LoginFailed(message)
    client.verify(final)
    yield from _finish_op(channel, (final, complete))


def _finish_op(channel: Channel, reply: tuple[bytes | None, bool]) -> Op[None]:
    """Say nothing more, until the server has nothing to say either."""
    if not reply[1]:
        yield from channel.write_all_op(_packed(b""))
        if not (yield from _read_reply_op(channel))[1]:
            message = "the server goes on with SASL where its mechanism has ended"
            raise RfbError(message)


def _plain(data: bytes) -> tuple[str, Secret]:
    parts = data.split(b"\0")
    if len(parts) != 3 or max(map(len, parts)) > codes.MAX_CREDENTIAL:
        message = "PLAIN that is not made of an identity, a user and a password"
        raise RfbError(message)
    identity, user, password = parts
    if identity not in {b"", user}:
        message = "PLAIN on behalf of another one, which nobody is allowed"
        raise RfbError(message)
    return user.decode("utf-8", "replace"), Secret(password)


def _packed(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _reply_op(channel: Channel, data: bytes | None, *, complete: bool) -> Op[None]:
    yield from channel.write_all_op(_packed(b"" if data is None else data + b"\0") + bytes([complete]))


def _read_reply_op(channel: Channel) -> Op[tuple[bytes | None, bool]]:
    data = yield from _read_data_op(channel)
    return data, (yield from channel.read_exactly_op(1)) != b"\0"


def _read_data_op(channel: Channel) -> Op[bytes | None]:
    data = yield from _read_bytes_op(channel, codes.MAX_SASL)
    if not data:
        return None
    if data[-1]:
        message = "SASL data without a NUL at its end"
        raise RfbError(message)
    return data[:-1]


def _read_bytes_op(channel: Channel, most: int) -> Op[bytes]:
    (size,) = struct.unpack(">I", (yield from channel.read_exactly_op(4)))
    if size > most:
        message = f"{size} bytes of SASL at once: at most {most} are taken"
        raise RfbLimit(message)
    return (yield from channel.read_exactly_op(size))
