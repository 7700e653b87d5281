"""Bytes from a peer: whatever they are, they are shown as short, printable text."""

from __future__ import annotations

from iochan.core.errors import show_bytes

MAX_SHOWN = 64 * len("\\x00") + len("b''…")


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    shown = show_bytes(data)
    assert shown.isprintable(), f"not fit for a terminal: {shown!r}"
    assert len(shown) <= MAX_SHOWN, f"{len(shown)} characters"
