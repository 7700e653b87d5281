"""The handshake of a client: version, security, and the desktop's first facts (RFC 6143, 7.1 to 7.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from iochan.core.channel import Channel
from iochan.core.errors import show_text
from iochan.core.op import Op
from iochan.core.upgrade import Upgrade
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.errors import LoginFailed, RfbLimit, SecurityMismatch, ServerRefused
from iochan.vnc.pixelformat import PixelFormat
from iochan.vnc.pseudo import check_size
from iochan.vnc.ra2 import log_in_by_ra2_op
from iochan.vnc.sasl import log_in_by_sasl_op
from iochan.vnc.security import inner_type
from iochan.vnc.vencrypt import choose_op, names
from iochan.vnc.version import GREETING_SIZE, greeting, read_greeting
from iochan.vnc.vncauth import CHALLENGE_SIZE, answer

__all__ = ["Credentials", "Welcome", "begin_op", "log_in_op", "prove_op"]

_INIT: Final = struct.Struct(">HH")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client has to prove who it is, and what it insists on.

    With *x509* only types with certificates are taken, with *anon* only those with anonymous TLS: somebody
    in between cannot talk the two sides out of it. Secrets go out only when TLS has verified the server. The
    same holds for *server_key*: RA2 alone is taken, and those types of it that encrypt no more than the
    password only over a channel with TLS.

    Attributes:
        password: For VncAuth, and for the user.
        user: For SASL, or for VeNCrypt's Plain; neither is used without TLS.
        x509: Starts TLS that verifies the server, such as ``iochan.tls.layer.upgrade(creds, hostname=…)``.
        anon: Starts anonymous TLS, which keeps out those who only listen.
        protected: The channel has TLS below already, as with ``wss``.
        server_key: The fingerprint of the server's RSA key, as `iochan.crypto.rsa.RsaPublicKey.fingerprint`
            has it, for RA2, which needs a password, too.
    """

    password: Secret | None = None
    user: str | None = None
    x509: Upgrade | None = None
    anon: Upgrade | None = None
    protected: bool = False
    server_key: str | None = None

    @property
    def upgrade(self) -> Upgrade | None:
        """What starts the TLS that is insisted on."""
        return self.x509 if self.x509 is not None else self.anon

    def subtypes(self) -> tuple[int, ...]:
        """Return the types and VeNCrypt subtypes that can be done, the strongest first."""
        if self.server_key is not None:
            if self.password is None:
                return ()
            weak = (codes.RA2_NE_256, codes.RA2_NE) if self.protected else ()
            return (codes.RA2_256, codes.RA2, *weak)
        if self.x509 is not None:
            sasl, plain, password, none = codes.X509_SASL, codes.X509_PLAIN, codes.X509_VNC, codes.X509_NONE
        elif self.anon is not None:
            sasl, plain, password, none = codes.TLS_SASL, codes.TLS_PLAIN, codes.TLS_VNC, codes.TLS_NONE
        else:
            sasl, plain = codes.SECURITY_SASL, codes.VENCRYPT_PLAIN
            password, none = codes.SECURITY_VNC, codes.SECURITY_NONE
        known = [none]
        if self.password is not None:
            known.insert(0, password)
            # Without TLS a user's password would cross the network as it is.
            if self.user is not None and (self.protected or self.upgrade is not None):
                known[:0] = [sasl, plain]
        return tuple(known)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a client knows when it has come in.

    Attributes:
        channel: Where the talk goes on: another one if TLS was started.
        security: The security type, or the VeNCrypt subtype.
        width: Pixels in a row.
        height: Rows.
        form: The pixel format that the server has by itself.
        name: The desktop's.
    """

    channel: Channel
    security: int
    width: int
    height: int
    form: PixelFormat
    name: str


def log_in_op(channel: Channel, credentials: Credentials, *, shared: bool) -> Op[Welcome]:
    """Shake hands with the server on *channel*, up to its ServerInit; see `prove_op` for what it raises."""
    channel, chosen = yield from prove_op(channel, credentials)
    return (yield from begin_op(channel, chosen, shared=shared))


def begin_op(channel: Channel, security: int, *, shared: bool) -> Op[Welcome]:
    """Begin on *channel*, where `prove_op` has agreed on *security*; return what the server says first."""
    yield from channel.write_all_op(b"\1" if shared else b"\0")
    head = yield from channel.read_exactly_op(_INIT.size + PixelFormat.SIZE)
    width, height = _INIT.unpack_from(head)
    check_size(width, height)
    form = PixelFormat.unpack(head[_INIT.size :])
    name = yield from _read_text_op(channel, codes.MAX_NAME)
    return Welcome(channel, security, width, height, form, name)


def prove_op(channel: Channel, credentials: Credentials) -> Op[tuple[Channel, int]]:
    """Shake hands with the server on *channel* until it has let us in, before the ClientInit.

    Returns:
        The channel to go on with, another one if TLS was started, and the security type or VeNCrypt subtype.

    Raises:
        SecurityMismatch: It offers nothing that *credentials* can do.
        LoginFailed: It did not take them.
        ServerRefused: It gave another reason.
        RfbError: It speaks no RFB.
    """
    minor = read_greeting((yield from channel.read_exactly_op(GREETING_SIZE)))
    yield from channel.write_all_op(greeting(minor))
    if minor == 3:
        chosen = yield from _told_op(channel, credentials)
    else:
        chosen = yield from _choose_op(channel, credentials)
    if chosen == codes.SECURITY_VENCRYPT:
        channel, chosen = yield from choose_op(channel, credentials.subtypes(), credentials.upgrade)
    kind = inner_type(chosen)
    channel = yield from _prove_op(channel, credentials, kind)
    if kind != codes.SECURITY_NONE or minor == 8:
        yield from _read_result_op(channel, minor)
    return channel, chosen


def _told_op(channel: Channel, credentials: Credentials) -> Op[int]:
    """Return the type that a server of RFB 3.3 has decided on."""
    (number,) = struct.unpack(">I", (yield from channel.read_exactly_op(4)))
    if number == 0:
        yield from _refused_op(channel)
    _check_possible([number], credentials, number)
    return int(number)


def _choose_op(channel: Channel, credentials: Credentials) -> Op[int]:
    """Choose a type of those that the server offers."""
    count = (yield from channel.read_exactly_op(1))[0]
    if count == 0:
        yield from _refused_op(channel)
    offered = list((yield from channel.read_exactly_op(count)))
    if (
        codes.SECURITY_VENCRYPT in offered
        and (credentials.upgrade is not None or credentials.user is not None)
        and credentials.server_key is None
    ):
        chosen = codes.SECURITY_VENCRYPT
    else:
        chosen = next((number for number in credentials.subtypes() if number in offered), 0)
        _check_possible(offered, credentials, chosen)
    yield from channel.write_all_op(bytes([chosen]))
    return chosen


def _check_possible(offered: list[int], credentials: Credentials, chosen: int) -> None:
    if chosen not in credentials.subtypes():
        message = (
            f"the server offers {names(offered)}, and what it was given makes "
            f"{names(credentials.subtypes())} possible: give a password, TLS credentials, or the fingerprint "
            "of its RSA key, as it needs"
        )
        raise SecurityMismatch(message)


def _prove_op(channel: Channel, credentials: Credentials, kind: int) -> Op[Channel]:
    """Prove by *kind* who we are, and return the channel to go on with."""
    if kind == codes.SECURITY_VNC:
        assert credentials.password is not None
        challenge = yield from channel.read_exactly_op(CHALLENGE_SIZE)
        yield from channel.write_all_op(answer(credentials.password, challenge))
    elif kind in codes.RA2_TYPES:
        assert credentials.password is not None
        assert credentials.server_key is not None
        given = credentials.user, credentials.password, credentials.server_key
        return (yield from log_in_by_ra2_op(channel, kind, *given))
    elif kind == codes.SECURITY_SASL:
        assert credentials.password is not None
        assert credentials.user is not None
        yield from log_in_by_sasl_op(channel, credentials.user, credentials.password)
    elif kind == codes.VENCRYPT_PLAIN:
        assert credentials.password is not None
        assert credentials.user is not None
        user, password = credentials.user.encode(), credentials.password.as_bytes()
        yield from channel.write_all_op(struct.pack(">II", len(user), len(password)) + user + password)
    return channel


def _read_result_op(channel: Channel, minor: int) -> Op[None]:
    """Read the server's verdict.

    Raises:
        LoginFailed: It is no.
    """
    (result,) = struct.unpack(">I", (yield from channel.read_exactly_op(4)))
    if result == 0:
        return
    if minor < 8:
        reason = "no reason was told"
    else:
        reason = show_text((yield from _read_text_op(channel, codes.MAX_REASON)))
    message = f"the server did not let the client in: {reason}"
    raise LoginFailed(message)


def _refused_op(channel: Channel) -> Op[None]:
    reason = yield from _read_text_op(channel, codes.MAX_REASON)
    message = f"the server refuses the connection: {show_text(reason)}"
    raise ServerRefused(message)


def _read_text_op(channel: Channel, most: int) -> Op[str]:
    (length,) = struct.unpack(">I", (yield from channel.read_exactly_op(4)))
    if length > most:
        message = f"a name or a reason of {length} bytes from the server: at most {most} are taken"
        raise RfbLimit(message)
    return (yield from channel.read_exactly_op(length)).decode("utf-8", "replace")
