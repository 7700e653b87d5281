"""Scripts for consoles in ``async`` code."""

from __future__ import annotations

import re

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.chardev.expect import EXPECT_SECONDS, Console, Pattern
from iochan.core.channel import Channel

__all__ = ["AsyncConsole"]


class AsyncConsole:
    """A view of a `Console` whose verbs are awaited; under asyncio, uvloop or trio.

    Args:
        channel: A channel, or a view of one; stays the caller's.
        newline: As `Console` has it.
        timeout: As `Console` has it.

    Attributes:
        console: The console that it is a view of.
    """

    def __init__(
        self,
        channel: Channel | AsyncChannel,
        *,
        newline: bytes = b"\r",
        timeout: float | None = EXPECT_SECONDS,
    ) -> None:
        below = channel.channel if isinstance(channel, AsyncChannel) else channel
        self.console = Console(below, newline=newline, timeout=timeout)

    @property
    def before(self) -> bytes:
        """What came before the latest match."""
        return self.console.before

    async def send(self, data: bytes | str) -> None:
        """See `Console.send`."""
        await arun(self.console.send_op(data))

    async def send_line(self, line: bytes | str = b"") -> None:
        """See `Console.send_line`."""
        await arun(self.console.send_line_op(line))

    async def expect(
        self,
        *patterns: Pattern,
        timeout: float | None = None,  # noqa: ASYNC109 - the op's
    ) -> re.Match[bytes]:
        """See `Console.expect`. Cancelled, it has lost nothing."""
        return await arun(self.console.expect_op(*patterns, timeout=timeout))
