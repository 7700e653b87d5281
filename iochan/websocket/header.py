"""The header of a frame (RFC 6455, 5.2): its numbers, what makes one, and what is wrong with one."""

from __future__ import annotations

import struct
from typing import Final

from iochan.websocket.closecode import PROTOCOL_ERROR, REFUSED_DATA

__all__ = [
    "BINARY",
    "CLOSE",
    "CONTINUATION",
    "FIN",
    "MAX_CONTROL",
    "MAX_HEAD",
    "PING",
    "PONG",
    "TEXT",
    "WHOLE",
    "find_fault",
    "find_length_fault",
    "pack_header",
]

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_OPCODES: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})

FIN: Final = 0x80
WHOLE: Final = FIN | BINARY
"""The first byte of a frame that is a binary message of its own."""

MASKED: Final = 0x80
_RESERVED: Final = 0x70

MAX_CONTROL: Final = 125
"""Payload bytes of a ping, pong or close."""

MAX_HEAD: Final = 2 + 4 + MAX_CONTROL
"""Bytes of the largest control frame; headers of data are shorter."""

Fault = tuple[int, str]

_H: Final = struct.Struct(">BBH")
_Q: Final = struct.Struct(">BBQ")


def pack_header(first: int, size: int, *, masked: bool) -> bytes:
    """Return the header of a frame of *size* bytes that begins with the byte *first*, without the key."""
    mark = MASKED if masked else 0
    if size < 126:
        return bytes((first, mark | size))
    if size < 65536:
        return _H.pack(first, mark | 126, size)
    return _Q.pack(first, mark | 127, size)


def find_fault(first: int, second: int, *, server: bool, going_on: bool, text: bool) -> Fault | None:
    """Return the close code and the fact, if the first two bytes of a header are wrong.

    Args:
        first: The first byte.
        second: The second byte.
        server: Whether this side is the server.
        going_on: Whether a message is not complete yet.
        text: Whether text messages are taken.
    """
    opcode = first & 0x0F
    fault = None
    if first & _RESERVED:
        fault = (
            PROTOCOL_ERROR,
            f"reserved bits in its first byte {first:#04x}: expected none, as nothing was agreed",
        )
    elif opcode not in _OPCODES:
        fault = PROTOCOL_ERROR, f"unknown opcode {opcode:#x}: expected 0, 1, 2, 8, 9 or 10"
    elif bool(second & MASKED) is not server:
        fault = (
            PROTOCOL_ERROR,
            "not masked: expected a mask, as from a client" if server else "masked: expected none",
        )
    elif opcode & 0x8:
        fault = _find_control_fault(first, second & 0x7F)
    elif (opcode == CONTINUATION) is not going_on:
        fault = (
            PROTOCOL_ERROR,
            (
                "a new message inside one: expected its continuation"
                if going_on
                else "a continuation of no message: expected a first frame"
            ),
        )
    elif opcode == TEXT and not text:
        fault = REFUSED_DATA, "text: expected binary frames, or the option text=on here"
    return fault


def _find_control_fault(first: int, size: int) -> Fault | None:
    if not first & FIN:
        return PROTOCOL_ERROR, "a control frame in fragments: expected one whole"
    if size > MAX_CONTROL:
        return PROTOCOL_ERROR, f"a control frame of more than {MAX_CONTROL} bytes: expected a shorter one"
    return None


def find_length_fault(size: int, wide: int) -> Fault | None:
    """Return the close code and the fact, if *size* must not stand in a field of *wide* bytes."""
    if size >> 63:
        return PROTOCOL_ERROR, "the top bit of its length is set: expected at most 63 bits"
    if size < (126 if wide == 2 else 65536):
        return PROTOCOL_ERROR, f"length {size} in {wide} bytes: expected the shortest form"
    return None
