"""The two ends of telnet, as code and addresses ask for them."""

from __future__ import annotations

import re
from typing import Final

from iochan.address.option import BOOL
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, show_text
from iochan.telnet.codec import TelnetCodec
from iochan.telnet.comport import ComPort
from iochan.telnet.comportclient import ComPortClient
from iochan.telnet.comportserver import ComPortServer
from iochan.telnet.dialogue import MAX_TERMINAL, Dialogue
from iochan.telnet.layer import TelnetLayer, check_window
from iochan.telnet.lineport import LinePort
from iochan.telnet.portconfig import PortConfig
from iochan.telnet.portlayer import PortClientLayer, PortServerLayer
from iochan.telnet.terms import TelnetTerms
from iochan.telnet.urgent import keep_urgent_inline

__all__ = ["telnet_client", "telnet_server"]

_WINDOW: Final = re.compile(r"([0-9]{1,5})x([0-9]{1,5})", re.ASCII)


def telnet_server(
    lower: Channel,
    *,
    binary: bool | str = True,
    echo: bool | str = True,
    enter: bool | str = False,
    comport: ComPort | bool | str = False,
) -> TelnetLayer:
    """Return the server side of telnet on *lower*; call ``handshake`` before any byte.

    The handshake waits for nobody: a client that is no telnet at all is served as well.

    Args:
        lower: Any channel, owned from now on.
        binary: Whether the client is asked to send, and let send, without the rules for carriage returns.
        echo: Whether the client shall leave the echo to us. This layer itself echoes nothing: the program
            or terminal behind it does.
        enter: Whether CR LF from a client that is not binary is read as CR, as from an Enter key.
        comport: The port that the client may set by RFC 2217, which makes the result a `PortServerLayer`;
            True for a `LinePort`: the line behind a console that is served, or a `SimulatedPort`.
    """
    keep_urgent_inline(lower)
    terms = TelnetTerms(
        server=True,
        binary=_switch("binary", binary),
        echo=_switch("echo", echo),
        enter=_switch("enter", enter),
    )
    port = comport if isinstance(comport, ComPort) else None
    if port is None and not isinstance(comport, ComPort) and _switch("comport", comport):
        port = LinePort()
    if port is None:
        return TelnetLayer(lower, TelnetCodec(Dialogue(terms)))
    end = ComPortServer(port)
    follow = port.follow if isinstance(port, LinePort) else None
    return PortServerLayer(lower, TelnetCodec(Dialogue(terms, end)), end, follow)


def telnet_client(
    lower: Channel,
    *,
    binary: bool | str = True,
    terminal: str | None = None,
    window: tuple[int, int] | str | None = None,
    serial: PortConfig | str | None = None,
) -> TelnetLayer:
    """Return the client side of telnet on *lower*; call ``handshake`` before any byte.

    The handshake waits for the server only with *serial*.

    Args:
        lower: Any channel, owned from now on.
        binary: Whether the server is asked to send, and let send, without the rules for carriage returns.
        terminal: The type of the terminal that the data is for, such as ``xterm-256color``.
        window: Columns and rows of its window, or text such as ``80x24``.
        serial: How to set the server's port by RFC 2217, as a `PortConfig` or text such as
            ``115200/8N1``; the result is a `PortClientLayer`. A server that does not do it is refused.

    Raises:
        AddressError: *terminal*, *window* or *serial* is nothing that can be said.
    """
    if terminal is not None and not (
        0 < len(terminal) <= MAX_TERMINAL and terminal.isascii() and terminal.isprintable()
    ):
        message = f"terminal={show_text(terminal)}: it must be 1 to {MAX_TERMINAL} letters, such as xterm"
        raise AddressError(message)
    keep_urgent_inline(lower)
    size = _window(window) if isinstance(window, str) else window
    if size is not None:
        check_window(size)
    terms = TelnetTerms(server=False, binary=_switch("binary", binary), terminal=terminal, window=size)
    if serial is None:
        return TelnetLayer(lower, TelnetCodec(Dialogue(terms)))
    port = ComPortClient(PortConfig.from_text(serial) if isinstance(serial, str) else serial)
    return PortClientLayer(lower, TelnetCodec(Dialogue(terms, port)), port)


def _switch(name: str, value: bool | str) -> bool:  # noqa: FBT001 - an option's value
    switch = BOOL.read(value) if isinstance(value, str) else value
    if switch is None:
        message = f"{name}={show_text(str(value))}: it must be {BOOL.wanted}"
        raise AddressError(message)
    return bool(switch)


def _window(text: str) -> tuple[int, int]:
    match = _WINDOW.fullmatch(text)
    if match is None:
        message = f"window={show_text(text)}: write it as 80x24, columns first"
        raise AddressError(message)
    return int(match[1]), int(match[2])
