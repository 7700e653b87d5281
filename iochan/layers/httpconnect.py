"""Through an HTTP proxy, by CONNECT (RFC 9110, 9.3.6; the head's form is that of RFC 9112)."""

from __future__ import annotations

import base64
import re
from typing import Final

from typing_extensions import override

from iochan.address.inet import InetAddress
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, HandshakeError, LimitExceeded, UnexpectedEOF, show_bytes
from iochan.core.op import Op
from iochan.layers.proxy import ProxyLayer, as_target, as_user, proxy
from iochan.secret.value import Secret

__all__ = ["MAX_ANSWER", "MAX_FIELDS", "MAX_LINE", "HttpConnectLayer", "http_connect"]

MAX_ANSWER: Final = 16384
"""Bytes of the heads of a proxy's answer."""

MAX_LINE: Final = 8192
"""Bytes of one line in them."""

MAX_FIELDS: Final = 128
"""Headers in one of them."""

_END: Final = b"\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: ([^\r\n]*))?\r\n")
_FIELD: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*")
_UNAUTHORISED: Final = {401, 407}
_FORBIDDEN: Final = 403


class HttpConnectLayer(ProxyLayer):
    """See `ProxyLayer`.

    Args:
        lower: A connection to the proxy, owned from now on.
        target: Where the proxy connects to.
        user: The user's name; empty for none. Basic credentials are sent (RFC 7617), in the clear
            unless TLS is below.
        secret: The password.
    """

    __slots__ = ("_secret", "_user")

    def __init__(
        self, lower: Channel, target: InetAddress, user: bytes = b"", secret: Secret | None = None
    ) -> None:
        super().__init__(lower, target, "http-connect")
        self._user = user
        self._secret = secret

    @override
    def ask_op(self) -> Op[bytes]:
        yield from self._lower.write_all_op(self._request())
        yield from self._lower.flush_op()
        head, room = bytearray(), MAX_ANSWER
        while True:
            end = head.find(_END)
            if end >= 0:
                status = self._read_status(bytes(head[: end + len(_END)]))
                del head[: end + len(_END)]
                if status >= 200:
                    return bytes(head)
                continue  # an interim answer (RFC 9110, 15.2)
            if not room:
                message = f"the proxy's answer is longer than {MAX_ANSWER} bytes: is it an HTTP proxy?"
                raise LimitExceeded(message)
            piece = yield from self._lower.read_op(room)
            if not piece:
                raise UnexpectedEOF(len(head))
            head += piece
            room -= len(piece)

    def _request(self) -> bytes:
        asked = self.asked
        lines = [f"CONNECT {asked} HTTP/1.1", f"Host: {asked}"]
        head = "\r\n".join(lines).encode("ascii")
        if self._secret is not None:
            pair = base64.b64encode(self._user + b":" + self._secret.as_bytes())
            head += b"\r\nProxy-Authorization: Basic " + pair
        return head + _END

    def _read_status(self, head: bytes) -> int:
        match = _STATUS.match(head)
        if match is None:
            message = f"the proxy answered {show_bytes(head)}: expected HTTP, is it an HTTP proxy?"
            raise HandshakeError(message)
        status = int(match[1])
        if 200 <= status < 300 or (100 <= status < 200 and status != 101):
            _check_fields(head[match.end() : -len(_END)])
            return status
        message = f"the proxy refused to connect to {self.asked}: {status} {show_bytes(match[2] or b'')}"
        if status in _UNAUTHORISED:
            message += ": give user and secret" if self._secret is None else ": check user and secret"
        elif status == _FORBIDDEN:
            message += ": ask who runs it"
        raise HandshakeError(message)


def _check_fields(fields: bytes) -> None:
    """Refuse headers that no honest proxy sends, though none is of use here (RFC 9110, 9.3.6)."""
    lines = fields.split(b"\r\n") if fields else []
    if len(lines) > MAX_FIELDS:
        message = f"the proxy's answer has {len(lines)} headers: expected at most {MAX_FIELDS}"
        raise LimitExceeded(message)
    for line in lines:
        if len(line) > MAX_LINE:
            message = f"the proxy's answer has a header of {len(line)} bytes: expected at most {MAX_LINE}"
            raise LimitExceeded(message)
        if not _FIELD.fullmatch(line):
            message = f"the proxy's answer has the line {show_bytes(line)}: expected a header, not folded"
            raise HandshakeError(message)


@proxy
def http_connect(
    channel: Channel, target: str = "", *, user: str = "", secret: Secret | None = None
) -> HttpConnectLayer:
    """Return *channel*, which leads to an HTTP proxy, as a connection to *target*; call ``handshake``.

    Args:
        channel: A connection to the proxy, owned from now on.
        target: ``host:port``; the proxy resolves the name.
        user: The user's name; empty for none.
        secret: The password that goes with it.

    Raises:
        AddressError: *target* is none, or *user* and *secret* do not come together.
    """
    name = as_user("http-connect", user, secret)
    if b":" in name or not user.isprintable():
        message = "http-connect.user: Basic credentials cannot hold a colon or control characters"
        raise AddressError(message)
    return HttpConnectLayer(channel, as_target("http-connect.target", target), name, secret)
