"""WebSocket over any channel, with its options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from iochan.address.value import Seconds, Switch, as_seconds, as_switch
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, show_text
from iochan.core.registry import PAGES, lookup
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.keepalive import KeepAliveLayer
from iochan.websocket.layer import WebSocketLayer
from iochan.websocket.opening import ClientOpening, Opening, ServerOpening
from iochan.websocket.page import StaticFiles

__all__ = ["websocket_client", "websocket_server"]

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Names = str | Sequence[str]
"""Names, or their text with commas between them."""


def websocket_server(  # noqa: PLR0913 - options, by name
    lower: Channel,
    *,
    path: str | None = None,
    origins: Names = (),
    protocols: Names = "binary",
    text: Switch = False,
    ping: Seconds = 0,
    half_close: Switch = False,
    files: str | None = None,
    page: str | None = None,
) -> WebSocketLayer:
    """Return the server side of a WebSocket on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        path: The only path that is served, compared without a query; None for any.
        origins: The origins of web pages that may connect, or ``*``. None given: only pages that come
            from this very address, or from localhost; programs that name no origin are let in.
        protocols: Sub-protocols that are spoken. A client that names none is let in.
        text: Whether text messages are taken as their bytes in UTF-8.
        ping: Seconds of silence after which the peer is asked whether it is alive, and after as many
            more given up (`ChannelTimeout`); 0 for never.
        half_close: Whether a close frame ends one direction only, so that what is under way in the
            other still comes. Both sides must want it: other programs answer a close at once, and
            what they had not sent by then is lost. Without it `write_eof` is refused.
        files: A directory whose files answer plain requests, such as a viewer's page; None for none.
            The handshake then ends with `ServedInstead`.
        page: The name of a page that a package brings (entry-point group ``iochan.pages``), instead
            of *files*: ``console`` is a terminal, ``vnc`` a viewer.

    Raises:
        AddressError: An option cannot be used.
    """
    if files is not None and page is not None:
        message = "ws.files and ws.page: both say what is served, leave one"
        raise AddressError(message)
    if page is not None:
        files = lookup(PAGES, page)()
    pages = None if files is None else StaticFiles(files)
    opening = ServerOpening(path, _names(origins), _tokens(protocols), pages)
    return _layer(lower, _codec(opening, text, half_close, server=True), ping)


def websocket_client(  # noqa: PLR0913 - options, by name
    lower: Channel,
    host: str = "localhost",
    path: str = "/",
    *,
    origin: str | None = None,
    protocols: Names = (),
    text: Switch = False,
    ping: Seconds = 0,
    half_close: Switch = False,
) -> WebSocketLayer:
    """Return the client side of a WebSocket on *lower*; call ``handshake`` before any byte.

    Args:
        lower: Any channel, owned from now on.
        host: The host to ask for, with its port unless that is the scheme's own.
        path: The path to ask for, perhaps with a query.
        origin: What to name as the origin; None for nothing.
        protocols: Sub-protocols to offer. Some old servers want ``binary``.
        text: Whether text messages are taken as their bytes in UTF-8.
        ping: As with `websocket_server`.
        half_close: As with `websocket_server`.

    Raises:
        AddressError: *host*, *path*, *origin* or one of *protocols* cannot stand in a request.
    """
    for name, value in (("host", host), ("path", path), ("origin", origin)):
        if value is not None and not (value.isascii() and value.isprintable() and value and " " not in value):
            message = f"{name}={show_text(value)}: it must be printable ASCII without spaces, the rest as %XX"
            raise AddressError(message)
    if not path.startswith("/"):
        message = f"path={show_text(path)}: it must begin with a slash"
        raise AddressError(message)
    opening = ClientOpening(host, path, origin, _tokens(protocols))
    return _layer(lower, _codec(opening, text, half_close, server=False), ping)


def _codec(opening: Opening, text: Switch, half_close: Switch, *, server: bool) -> WebSocketCodec:
    takes_text, halves = as_switch("ws.text", text), as_switch("ws.half-close", half_close)
    return WebSocketCodec(opening, server=server, text=takes_text, half_close=halves)


def _layer(lower: Channel, codec: WebSocketCodec, ping: Seconds) -> WebSocketLayer:
    seconds = as_seconds("ws.ping", ping)
    return KeepAliveLayer(lower, codec, seconds) if seconds else WebSocketLayer(lower, codec)


def _tokens(protocols: Names) -> list[str]:
    """Return the names of sub-protocols, which are tokens, each once (RFC 6455, 4.1)."""
    names = _names(protocols)
    for name in names:
        if not _TOKEN.fullmatch(name) or names.count(name) > 1:
            message = f"protocols={show_text(name)}: it must be letters, digits and hyphens, named once"
            raise AddressError(message)
    return names


def _names(names: Names) -> list[str]:
    return [name for name in names.split(",") if name] if isinstance(names, str) else list(names)
