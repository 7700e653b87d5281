"""Through a SOCKS 5 proxy (RFC 1928), with or without a password (RFC 1929)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from typing_extensions import override

from iochan.address.inet import InetAddress
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, HandshakeError, show_bytes
from iochan.core.op import Op
from iochan.layers.proxy import ProxyLayer, as_target, as_user, proxy
from iochan.secret.value import Secret

__all__ = ["Socks5Layer", "socks5"]

_VERSION: Final = 5
_PASSWORD_VERSION: Final = 1
"""Of the negotiation in RFC 1929, whose versions are its own."""

_NO_AUTH: Final = 0
_PASSWORD: Final = 2
_NONE_FITS: Final = 0xFF
_CONNECT: Final = 1
_IPV4: Final = 1
_NAME: Final = 3
_IPV6: Final = 4
_MAX_FIELD: Final = 255
"""Bytes of a name, a user or a password: their lengths are one byte."""

_REPLIES: Final = {
    1: "general failure",
    2: "its rules do not allow it",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "it does not know CONNECT",
    8: "it does not know this type of address",
}


class Socks5Layer(ProxyLayer):
    """See `ProxyLayer`. Of a proxy's answer exactly its bytes are read.

    Args:
        lower: A connection to the proxy, owned from now on.
        target: Where the proxy connects to.
        user: The user's name; empty for none. It is sent in the clear unless TLS is below.
        secret: The password.
    """

    __slots__ = ("_secret", "_user")

    def __init__(
        self, lower: Channel, target: InetAddress, user: bytes = b"", secret: Secret | None = None
    ) -> None:
        super().__init__(lower, target, "socks5")
        self._user = user
        self._secret = secret

    @override
    def ask_op(self) -> Op[bytes]:
        lower = self._lower
        methods = bytes([_NO_AUTH]) if self._secret is None else bytes([_NO_AUTH, _PASSWORD])
        yield from lower.write_all_op(bytes([_VERSION, len(methods)]) + methods)
        version, method = yield from self._answer_op(2)
        self._check_version(version)
        if method == _PASSWORD and self._secret is not None:
            yield from self._authenticate_op(self._secret)
        elif method != _NO_AUTH:
            message = f"the SOCKS proxy wants authentication method {method}, which was not offered"
            if method == _NONE_FITS:
                message = "the SOCKS proxy takes none of the ways to authenticate"
            raise HandshakeError(f"{message}: give user and secret" if self._secret is None else message)
        yield from lower.write_all_op(bytes([_VERSION, _CONNECT, 0]) + self._address())
        version, reply, _, kind = yield from self._answer_op(4)
        self._check_version(version)
        if reply:
            reason = _REPLIES.get(reply, f"reply {reply}")
            message = f"the SOCKS proxy did not connect to {self.asked}: {reason}"
            raise HandshakeError(message)
        yield from self._skip_address_op(kind)
        return b""

    def _answer_op(self, size: int) -> Op[bytes]:
        yield from self._lower.flush_op()
        return (yield from self._lower.read_exactly_op(size))

    @staticmethod
    def _check_version(version: int, expected: int = _VERSION) -> None:
        if version != expected:
            shown = show_bytes(bytes([version]))
            message = f"the proxy answered version {shown}: expected {expected}, is it a SOCKS 5 proxy?"
            raise HandshakeError(message)

    def _authenticate_op(self, secret: Secret) -> Op[None]:
        password = secret.as_bytes()
        if not 0 < len(password) <= _MAX_FIELD:
            message = f"the SOCKS password has {len(password)} bytes: it must have 1 to {_MAX_FIELD}"
            raise HandshakeError(message)
        user = self._user
        yield from self._lower.write_all_op(
            bytes([_PASSWORD_VERSION, len(user)]) + user + bytes([len(password)]) + password
        )
        version, status = yield from self._answer_op(2)
        self._check_version(version, _PASSWORD_VERSION)
        if status:
            message = f"the SOCKS proxy refused the user {show_bytes(user)}: check name and password"
            raise HandshakeError(message)

    def _address(self) -> bytes:
        host, port = self.target.host, self.target.port
        assert isinstance(port, int)
        try:
            packed = ip_address(host).packed
            kind = bytes([_IPV4 if len(packed) == 4 else _IPV6])
        except ValueError:
            packed = host.encode("ascii")
            kind = bytes([_NAME, len(packed)])
        return kind + packed + port.to_bytes(2, "big")

    def _skip_address_op(self, kind: int) -> Op[None]:
        """Read the address from which the proxy connected: nobody asked."""
        match kind:
            case 1:
                size = 4
            case 3:
                (size,) = yield from self._lower.read_exactly_op(1)
            case 4:
                size = 16
            case _:
                message = f"the SOCKS proxy answered with address type {kind}: expected 1, 3 or 4"
                raise HandshakeError(message)
        yield from self._lower.read_exactly_op(size + 2)


@proxy
def socks5(
    channel: Channel, target: str = "", *, user: str = "", secret: Secret | None = None
) -> Socks5Layer:
    """Return *channel*, which leads to a SOCKS 5 proxy, as a connection to *target*; call ``handshake``.

    Args:
        channel: A connection to the proxy, owned from now on.
        target: ``host:port``; the proxy resolves the name.
        user: The user's name, at most 255 bytes; empty for none.
        secret: The password that goes with it.

    Raises:
        AddressError: *target* is none, or *user* and *secret* do not come together.
    """
    name = as_user("socks5", user, secret)
    if len(name) > _MAX_FIELD:
        message = f"socks5.user: {len(name)} bytes, and {_MAX_FIELD} are the most"
        raise AddressError(message)
    return Socks5Layer(channel, as_target("socks5.target", target), name, secret)
