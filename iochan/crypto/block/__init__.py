"""Block encryption: LUKS version 1, as a channel over any channel with offsets."""

from __future__ import annotations

from iochan.crypto.block.channel import LuksChannel
from iochan.crypto.block.effort import UNLOCK_SECONDS
from iochan.crypto.block.errors import LuksError, WrongPassword
from iochan.crypto.block.header import KeySlot, LuksHeader
from iochan.crypto.block.keys import add_key_op, remove_key_op
from iochan.crypto.block.luks import create_luks_op, has_luks, open_luks_op, read_header_op

__all__ = [
    "UNLOCK_SECONDS",
    "KeySlot",
    "LuksChannel",
    "LuksError",
    "LuksHeader",
    "WrongPassword",
    "add_key_op",
    "create_luks_op",
    "has_luks",
    "open_luks_op",
    "read_header_op",
    "remove_key_op",
]
