"""The first twelve bytes of each side: RFC 6143, 7.1.1, and what has been seen in the wild."""

from __future__ import annotations

import re
from typing import Final

from iochan.core.errors import show_bytes
from iochan.vnc.errors import RfbError

__all__ = ["GREETING", "GREETING_SIZE", "greeting", "read_greeting"]

GREETING: Final = b"RFB 003.008\n"
"""What a server says, whatever else it could do: other numbers confuse old viewers."""

GREETING_SIZE: Final = len(GREETING)
_FORM: Final = re.compile(rb"RFB ([0-9]{3})\.([0-9]{3})\n")


def read_greeting(data: bytes) -> int:
    """Return the minor version 3, 7 or 8 that the peer's *data* stands for.

    Apple's 3.889 and the 4 and 5 of RealVNC are 3.8; 3.4 to 3.6 were never published, they are 3.3.

    Raises:
        RfbError: It is no greeting.
    """
    match = _FORM.fullmatch(data)
    if match is None:
        message = f"a greeting {show_bytes(data)}: this is no RFB, see what listens or connects there"
        raise RfbError(message)
    version = int(match[1]), int(match[2])
    if version < (3, 3):
        message = f"RFB version {version[0]}.{version[1]}: there is none before 3.3"
        raise RfbError(message)
    return 3 if version < (3, 7) else 7 if version == (3, 7) else 8


def greeting(minor: int) -> bytes:
    """Return what a client says to speak version 3.*minor*."""
    return b"RFB 003.%03d\n" % minor
