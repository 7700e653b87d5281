"""Channels in ``async`` code: asyncio (and uvloop) and trio. The only importer of asyncio."""

from __future__ import annotations

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.aio.loop import AsyncioLoop
from iochan.aio.opening import connect, serve
from iochan.aio.run import run_async
from iochan.aio.serve import Limits, Server

__all__ = ["AsyncChannel", "AsyncioLoop", "Limits", "Server", "arun", "connect", "run_async", "serve"]
