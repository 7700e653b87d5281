"""The extended clipboard: text as UTF-8, sent when it is asked for.

The body of a cut-text message whose length is negative: 32 flag bits, then what they say. A text is the one
format that is spoken here; what else a peer offers is passed over.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from iochan.vnc import codes
from iochan.vnc.errors import RfbError, RfbLimit

__all__ = [
    "CAPS",
    "FORMAT_TEXT",
    "NOTIFY",
    "PEEK",
    "PROVIDE",
    "REQUEST",
    "ClipboardMessage",
    "caps_message",
    "parse_clipboard",
    "plain_message",
    "provide_message",
]

FORMAT_TEXT: Final = 1 << 0
_FORMATS: Final = 0xFFFF
CAPS: Final = 1 << 24
REQUEST: Final = 1 << 25
PEEK: Final = 1 << 26
NOTIFY: Final = 1 << 27
PROVIDE: Final = 1 << 28
_ACTIONS: Final = CAPS | REQUEST | PEEK | NOTIFY | PROVIDE
_SIZE: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class ClipboardMessage:
    """One message of the extended clipboard.

    Attributes:
        flags: Its action (`CAPS` with all actions that the peer takes, or one of the others), and formats.
        text: What a `PROVIDE` brings, with newlines as Python has them; None where it brings no text.
        size: The most bytes of text that a peer with these `CAPS` takes unasked.
    """

    flags: int
    text: str | None = None
    size: int = 0

    @property
    def action(self) -> int:
        """What it asks for or brings."""
        return CAPS if self.flags & CAPS else self.flags & _ACTIONS

    def pack(self) -> bytes:
        """Return the body."""
        body = _SIZE.pack(self.flags)
        if self.flags & CAPS:
            body += _SIZE.pack(self.size)
        elif self.flags & PROVIDE and self.text is not None:
            data = _wire_text(self.text)
            body += zlib.compress(_SIZE.pack(len(data)) + data)
        return body


def caps_message() -> ClipboardMessage:
    """Return what tells the peer to announce what it has, and to wait until it is asked."""
    return ClipboardMessage(_ACTIONS | FORMAT_TEXT)


def provide_message(text: str) -> ClipboardMessage:
    """Return what brings *text*.

    Raises:
        ValueError: It is too large.
    """
    if len(_wire_text(text)) > codes.MAX_CUT_TEXT:
        message = f"a clipboard of {len(text)} characters: at most {codes.MAX_CUT_TEXT} bytes are allowed"
        raise ValueError(message)
    return ClipboardMessage(PROVIDE | FORMAT_TEXT, text)


def plain_message(number: int, text: str) -> bytes:
    """Return the old message *number*, for peers that know no other; what is not Latin-1 becomes ``?``."""
    data = text.encode("latin-1", "replace")[: codes.MAX_CUT_TEXT]
    return struct.pack(">B3xI", number, len(data)) + data


def parse_clipboard(data: bytes) -> ClipboardMessage:
    """Return the message whose body is *data*.

    Raises:
        RfbError: It is too short (QEMU's CVE-2022-3165), or its text is not what it says.
        RfbLimit: Its text is too large when it is unpacked.
    """
    if len(data) < _SIZE.size:
        message = f"an extended clipboard message of {len(data)} bytes: its flags alone are {_SIZE.size}"
        raise RfbError(message)
    (flags,) = _SIZE.unpack_from(data)
    body = data[_SIZE.size :]
    if flags & CAPS:
        formats = (flags & _FORMATS).bit_count()
        if len(body) < _SIZE.size * formats:
            message = (
                f"the clipboard's sizes of {formats} formats in {len(body)} bytes: 4 for each are needed"
            )
            raise RfbError(message)
        size = _SIZE.unpack_from(body)[0] if flags & FORMAT_TEXT else 0
        return ClipboardMessage(flags, size=size)
    if (flags & _ACTIONS).bit_count() != 1:
        message = f"a clipboard message with flags {flags:#x}: it must have one action"
        raise RfbError(message)
    if flags & PROVIDE and flags & FORMAT_TEXT:
        return ClipboardMessage(flags, _unpack_text(body))
    return ClipboardMessage(flags)


def _unpack_text(body: bytes) -> str:
    """Return the first text in *body*, whatever comes after it."""
    inflate = zlib.decompressobj()
    try:
        # Text is the lowest bit, so the first thing in the stream; no more is inflated than it may be.
        data = inflate.decompress(body, codes.MAX_CUT_TEXT + _SIZE.size)
    except zlib.error as error:
        message = f"the clipboard's text cannot be inflated: {error}"
        raise RfbError(message) from error
    if len(data) < _SIZE.size:
        message = "the clipboard's text has no size"
        raise RfbError(message)
    (size,) = _SIZE.unpack_from(data)
    if size > codes.MAX_CUT_TEXT:
        message = f"a clipboard text of {size} bytes: at most {codes.MAX_CUT_TEXT} are taken"
        raise RfbLimit(message)
    text = data[_SIZE.size : _SIZE.size + size]
    if len(text) < size:
        message = f"the clipboard's text has {len(text)} of {size} bytes"
        raise RfbError(message)
    return text.rstrip(b"\0").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _wire_text(text: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace") + b"\0"
