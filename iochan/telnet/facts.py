"""What a telnet layer knows of its connection: ask any channel above it with ``extra``."""

from __future__ import annotations

from iochan.core.attribute import Attribute

__all__ = ["TELNET_BINARY", "TELNET_TERMINAL", "TELNET_WINDOW"]

TELNET_TERMINAL: Attribute[str | None] = Attribute("telnet terminal type")
"""The type of the client's terminal as it came, in lower case; None until it said."""

TELNET_WINDOW: Attribute[tuple[int, int] | None] = Attribute("telnet window size")
"""Columns and rows of the client's window; None until it said."""

TELNET_BINARY: Attribute[tuple[bool, bool]] = Attribute("telnet binary transmission")
"""Whether what we send, and what we receive, goes without the rules for carriage returns."""
