"""The commands that follow an IAC (RFC 854), and how they are packed."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = ["DO", "DONT", "IAC", "SB", "SE", "WILL", "WONT", "Command", "pack_subnegotiation"]

IAC: Final = 255
DONT: Final = 254
DO: Final = 253
WONT: Final = 252
WILL: Final = 251
SB: Final = 250
SE: Final = 240


class Command(IntEnum):
    """A command of two bytes: IAC and this number (RFC 854; the first three are RFC 1184's)."""

    END_OF_FILE = 236
    SUSPEND = 237
    ABORT = 238
    END_OF_RECORD = 239
    NOP = 241
    DATA_MARK = 242
    BREAK = 243
    INTERRUPT = 244
    ABORT_OUTPUT = 245
    ARE_YOU_THERE = 246
    ERASE_CHARACTER = 247
    ERASE_LINE = 248
    GO_AHEAD = 249


def pack_subnegotiation(option: int, payload: bytes) -> bytes:
    """Return *payload* about *option* as it stands on the wire (RFC 855), each IAC in it doubled."""
    return b"%c%c%c%b%c%c" % (IAC, SB, option, payload.replace(b"\xff", b"\xff\xff"), IAC, SE)
