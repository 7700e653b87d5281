"""The extended clipboard: any body is refused with a documented error, or packs and parses to the same."""

from __future__ import annotations

from iochan.vnc import codes
from iochan.vnc.clipboard import parse_clipboard
from iochan.vnc.errors import RfbError


def one_input(data: bytes) -> None:
    """Parse one message's body."""
    try:
        message = parse_clipboard(data)
    except RfbError:
        return
    assert message.text is None or len(message.text) <= codes.MAX_CUT_TEXT
    if message.text is not None:
        again = parse_clipboard(message.pack())
        assert again.text == message.text.rstrip("\0"), (message, again)
        assert again.flags == message.flags
