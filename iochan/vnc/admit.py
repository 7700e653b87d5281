"""The handshake of a server: version, security, and who comes in (RFC 6143, 7.1 to 7.3)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from iochan.core.channel import Channel
from iochan.core.errors import IochanError, PeerRejected
from iochan.core.op import Op
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.errors import LoginFailed, RfbError, RfbLimit, SecurityMismatch
from iochan.vnc.lockout import Lockout
from iochan.vnc.ra2 import admit_by_ra2_op
from iochan.vnc.sasl import admit_by_sasl_op
from iochan.vnc.security import Access, Security, inner_type
from iochan.vnc.vencrypt import offer_op
from iochan.vnc.version import GREETING, GREETING_SIZE, read_greeting
from iochan.vnc.vncauth import CHALLENGE_SIZE, make_challenge

__all__ = ["Admission", "Enter", "admit_op"]

_OK: Final = struct.pack(">I", 0)
_FAILED: Final = struct.pack(">I", 1)
_WRONG: Final = "the password or the user is wrong, or may not come in"


@dataclass(slots=True)
class Admission:
    """A client in its handshake, and then who it is.

    Attributes:
        channel: The client's; another one once TLS has been started on it.
        minor: 3, 7 or 8 for RFB 3.3, 3.7 and 3.8.
        access: What it may do.
        user: Its name, where it had to tell one.
        shared: Whether it lets others stay.
    """

    channel: Channel
    minor: int = 8
    access: Access = Access.FULL
    user: str | None = None
    shared: bool = True

    def refuse_op(self, reason: str) -> Op[None]:
        """Tell *reason* in the place of the security types."""
        zero = struct.pack(">I", 0) if self.minor == 3 else b"\0"
        yield from self.channel.write_all_op(zero + _text(reason))

    def fail_op(self, reason: str) -> Op[None]:
        """Tell that the client does not come in; *reason* is for those who can hear it."""
        yield from self.channel.write_all_op(_FAILED + (_text(reason) if self.minor == 8 else b""))


Enter = Callable[[Admission], Op[None]]


def admit_op(
    channel: Channel, security: Security, lockout: Lockout, peer: Hashable, enter: Enter | None = None
) -> Op[Admission]:
    """Shake hands with the client on *channel* up to its ClientInit.

    Args:
        channel: The client's.
        security: Who may come in.
        lockout: Who has to wait.
        peer: Whom the client counts for there.
        enter: What has to succeed before the client hears that it is in; if it raises, the client hears why.

    Raises:
        LoginFailed: It could not prove what it had to, or comes again too early; it was told so.
        SecurityMismatch: It chose a type that was not offered, or cannot do the one that was.
        RfbError: It speaks no RFB.
    """
    client = Admission(channel)
    yield from channel.write_all_op(GREETING)
    client.minor = read_greeting((yield from channel.read_exactly_op(GREETING_SIZE)))
    wait = lockout.wait(peer)
    if wait:
        reason = f"too many failures from your address: wait {wait:.0f} s"
        yield from client.refuse_op(reason)
        message = f"{channel.name}: refused for another {wait:.0f} s after too many failures"
        raise LoginFailed(message)
    kind = inner_type((yield from _agree_op(client, security)))
    try:
        yield from _prove_op(client, security, kind)
    except PeerRejected:
        lockout.failed(peer)
        yield from client.fail_op(_WRONG)
        raise
    lockout.succeeded(peer)
    if enter is not None:
        try:
            yield from enter(client)
        except (IochanError, OSError) as error:
            yield from client.fail_op(str(error))
            raise
    if kind != codes.SECURITY_NONE or client.minor == 8:
        yield from client.channel.write_all_op(_OK)
    shared = yield from client.channel.read_exactly_op(1)
    client.shared = shared != b"\0"
    return client


def _agree_op(client: Admission, security: Security) -> Op[int]:
    """Agree on the one type that is offered, starting TLS if it has that, and return it."""
    wanted = security.type
    old = wanted in {codes.SECURITY_NONE, codes.SECURITY_VNC}
    inside = not old and wanted != codes.SECURITY_SASL and wanted not in codes.RA2_TYPES
    outer = codes.SECURITY_VENCRYPT if inside else wanted
    if client.minor == 3:
        if not old:
            reason = f"{codes.SECURITY_NAMES[wanted]} needs RFB 3.7 or later"
            yield from client.refuse_op(reason)
            message = f"{client.channel.name}: an RFB 3.3 client, which cannot do what is offered: {reason}"
            raise SecurityMismatch(message)
        yield from client.channel.write_all_op(struct.pack(">I", outer))
        return outer
    yield from client.channel.write_all_op(bytes([1, outer]))
    chosen = (yield from client.channel.read_exactly_op(1))[0]
    if chosen != outer:
        yield from client.fail_op("this security type was not offered")
        message = f"{client.channel.name}: the client chose security type {chosen}, offered was {outer}"
        raise SecurityMismatch(message)
    if inside:
        client.channel = yield from offer_op(client.channel, wanted, security.upgrade)
    return wanted


def _prove_op(client: Admission, security: Security, kind: int) -> Op[None]:
    """Have the client prove who it is.

    Raises:
        PeerRejected: It could not.
    """
    if kind == codes.SECURITY_NONE:
        return
    access: Access | None
    if kind == codes.SECURITY_VNC:
        assert security.passwords is not None
        challenge = make_challenge()
        yield from client.channel.write_all_op(challenge)
        response = yield from client.channel.read_exactly_op(CHALLENGE_SIZE)
        access = security.passwords.access(challenge, response)
    elif kind in codes.RA2_TYPES:
        access = yield from _prove_by_ra2_op(client, security)
    elif kind == codes.SECURITY_SASL:
        assert security.logins is not None
        client.user, access = yield from admit_by_sasl_op(client.channel, security.logins)
    else:
        assert security.logins is not None
        user, password = yield from _read_login_op(client.channel)
        access = security.logins.access(user, password)
        client.user = user
    if access is None:
        message = f"{client.channel.name}: {_WRONG}"
        raise LoginFailed(message)
    if client.user is not None and security.authz is not None:
        security.authz.require(client.user)
    client.access = access


def _prove_by_ra2_op(client: Admission, security: Security) -> Op[Access | None]:
    assert security.ra2 is not None
    by_name = security.logins is not None
    client.channel, user, password = yield from admit_by_ra2_op(client.channel, security.ra2, users=by_name)
    if security.logins is not None:
        client.user = user
        return security.logins.access(user, password)
    assert security.passwords is not None
    return security.passwords.granted(password)


def _read_login_op(channel: Channel) -> Op[tuple[str, Secret]]:
    """Read what VeNCrypt's Plain has: two lengths, a user and a password."""
    sizes = struct.unpack(">II", (yield from channel.read_exactly_op(8)))
    for size in sizes:
        if size > codes.MAX_CREDENTIAL:
            message = f"a user or a password of {size} bytes: at most {codes.MAX_CREDENTIAL} are taken"
            raise RfbLimit(message)
    name = yield from channel.read_exactly_op(sizes[0])
    password = yield from channel.read_exactly_op(sizes[1])
    try:
        return name.decode(), Secret(password)
    except UnicodeDecodeError:
        message = f"a user's name that is no UTF-8, of {len(name)} bytes"
        raise RfbError(message) from None


def _text(text: str) -> bytes:
    data = text.encode()[: codes.MAX_REASON]
    return struct.pack(">I", len(data)) + data
