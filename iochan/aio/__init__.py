"""Channels in ``async`` code: asyncio (and uvloop) and trio. The only importer of asyncio."""

from __future__ import annotations

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.aio.loop import AsyncioLoop
from iochan.aio.serve import Limits, Server, serve

__all__ = ["AsyncChannel", "AsyncioLoop", "Limits", "Server", "arun", "serve"]
