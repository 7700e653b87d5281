"""Channels in ``async`` code: asyncio (and uvloop) and trio. The only importer of asyncio."""

from __future__ import annotations

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun

__all__ = ["AsyncChannel", "arun"]
