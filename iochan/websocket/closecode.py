"""Why a WebSocket is closed, as numbers (RFC 6455, 7.4)."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BAD_DATA",
    "GOING_AWAY",
    "NORMAL",
    "NO_STATUS",
    "PROTOCOL_ERROR",
    "REFUSED_DATA",
    "TOO_BIG",
    "is_sendable",
]

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
REFUSED_DATA: Final = 1003
BAD_DATA: Final = 1007
TOO_BIG: Final = 1009

NO_STATUS: Final = 1005
"""What stands for a close frame without a code; it is never sent."""

_REGISTERED: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_PRIVATE: Final = range(3000, 5000)


def is_sendable(code: int) -> bool:
    """Tell whether *code* may stand in a close frame: registered (IANA's list), or 3000 to 4999."""
    return code in _REGISTERED or code in _PRIVATE
