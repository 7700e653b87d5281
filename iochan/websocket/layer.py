"""WebSocket over any channel."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from iochan.address.option import BOOL
from iochan.core.attribute import Attributes
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import AddressError, show_text
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.facts import WS_CLOSE_CODE, WS_CLOSE_REASON, WS_ORIGIN, WS_PATH, WS_PROTOCOL
from iochan.websocket.opening import ClientOpening, ServerOpening

__all__ = ["WebSocketLayer", "websocket_client", "websocket_server"]

Names = str | Sequence[str]
"""Names, or their text with commas between them."""


class WebSocketLayer(CodecLayer):
    """One WebSocket on *lower*, as a stream of bytes in binary frames.

    Closing sends a close frame with code 1000 and does not wait for the peer's. A peer's close with
    1000, 1001 or no code is the end of the stream; another code is `WebSocketClosedError`; an end
    without a close is `TruncatedError`. Text frames, extensions and compression are refused.
    """

    __slots__ = ("_websocket",)

    def __init__(self, lower: Channel, codec: WebSocketCodec) -> None:
        super().__init__(lower, codec, "websocket")
        self._websocket = codec

    @override
    def attributes(self) -> Attributes:
        codec = self._websocket
        return {
            WS_PATH: lambda: codec.opening.path,
            WS_ORIGIN: lambda: codec.opening.origin,
            WS_PROTOCOL: lambda: codec.opening.protocol,
            WS_CLOSE_CODE: lambda: codec.close_code,
            WS_CLOSE_REASON: lambda: codec.close_reason,
        }


def websocket_server(
    lower: Channel,
    *,
    path: str | None = None,
    origins: Names = (),
    protocols: Names = "binary",
    text: bool | str = False,
) -> WebSocketLayer:
    """Return the server side of a WebSocket on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        path: The only path that is served, compared without a query; None for any.
        origins: The origins of web pages that may connect, or ``*``. None given: only pages that come
            from this very address, or from localhost; programs that name no origin are let in.
        protocols: Sub-protocols that are spoken. A client that names none is let in.
        text: Whether text messages are taken as their bytes in UTF-8.
    """
    opening = ServerOpening(path, _names(origins), _names(protocols))
    return WebSocketLayer(lower, WebSocketCodec(opening, server=True, text=_switch("text", text)))


def websocket_client(
    lower: Channel,
    host: str = "localhost",
    path: str = "/",
    *,
    origin: str | None = None,
    protocols: Names = (),
    text: bool | str = False,
) -> WebSocketLayer:
    """Return the client side of a WebSocket on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        host: The host to ask for, with its port unless that is the scheme's own.
        path: The path to ask for, perhaps with a query.
        origin: What to name as the origin; None for nothing.
        protocols: Sub-protocols to offer. Some old servers want ``binary``.
        text: Whether text messages are taken as their bytes in UTF-8.

    Raises:
        AddressError: *host*, *path* or *origin* cannot stand in a request.
    """
    for name, value in (("host", host), ("path", path), ("origin", origin)):
        if value is not None and not (value.isascii() and value.isprintable() and value and " " not in value):
            message = f"{name}={show_text(value)}: it must be printable ASCII without spaces, the rest as %XX"
            raise AddressError(message)
    if not path.startswith("/"):
        message = f"path={show_text(path)}: it must begin with a slash"
        raise AddressError(message)
    opening = ClientOpening(host, path, origin, _names(protocols))
    return WebSocketLayer(lower, WebSocketCodec(opening, server=False, text=_switch("text", text)))


def _switch(name: str, value: bool | str) -> bool:  # noqa: FBT001 - an option's value
    switch = BOOL.read(value) if isinstance(value, str) else value
    if switch is None:
        message = f"{name}={show_text(str(value))}: it must be {BOOL.wanted}"
        raise AddressError(message)
    return bool(switch)


def _names(names: Names) -> list[str]:
    return [name for name in names.split(",") if name] if isinstance(names, str) else list(names)
