"""What a WebSocket layer knows of its connection: ask any channel above it with ``extra``."""

from __future__ import annotations

from iochan.core.attribute import Attribute

__all__ = ["WS_CLOSE_CODE", "WS_CLOSE_REASON", "WS_ORIGIN", "WS_PATH", "WS_PROTOCOL"]

WS_PATH: Attribute[str] = Attribute("WebSocket path")
"""The path and query of the request."""

WS_ORIGIN: Attribute[str | None] = Attribute("WebSocket origin")
"""The origin that the request named; browsers always name one."""

WS_PROTOCOL: Attribute[str | None] = Attribute("WebSocket sub-protocol")
"""The sub-protocol that both agreed on; None without one."""

WS_CLOSE_CODE: Attribute[int | None] = Attribute("WebSocket close code")
"""The peer's close code, 1005 if it gave none; None until it closed."""

WS_CLOSE_REASON: Attribute[str] = Attribute("WebSocket close reason")
"""The peer's words, from the wire: show them with `iochan.core.errors.show_text`."""
