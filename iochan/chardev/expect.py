"""Talking to a console by script: send a line, wait for an answer."""

from __future__ import annotations

import re
from typing import Final

from iochan.chardev.errors import ExpectError
from iochan.core.channel import Channel
from iochan.core.errors import show_bytes
from iochan.core.op import Op, run, within

__all__ = ["EXPECT_SECONDS", "MAX_SEEN", "Console", "Pattern"]

EXPECT_SECONDS: Final = 30.0
"""How long an answer may take, unless told otherwise."""

MAX_SEEN: Final = 1 << 20
"""How many bytes are searched, the latest; what is older is forgotten."""

Pattern = bytes | str | re.Pattern[bytes]
"""What to wait for: bytes or text as they stand, or a compiled regular expression over bytes."""


class Console:
    """A script's view of a channel to a console.

    What came and was not yet looked at waits for the next `expect`. Blocking code calls the verbs;
    ``async`` code uses `iochan.chardev.aio.AsyncConsole`; others run the ``…_op`` operations.

    Args:
        channel: The console; stays the caller's.
        newline: What ends a line that is sent: a terminal's return key.
        timeout: Seconds for an answer; None for no limit.

    Attributes:
        channel: See above.
        newline: See above.
        timeout: See above.
        before: What came before the latest match.
    """

    def __init__(
        self, channel: Channel, *, newline: bytes = b"\r", timeout: float | None = EXPECT_SECONDS
    ) -> None:
        self.channel = channel
        self.newline = newline
        self.timeout = timeout
        self.before = b""
        self._seen = bytearray()

    def send(self, data: bytes | str) -> None:
        """Send *data* as it is."""
        run(self.send_op(data))

    def send_line(self, line: bytes | str = b"") -> None:
        """Send *line* and a newline."""
        run(self.send_line_op(line))

    def expect(self, *patterns: Pattern, timeout: float | None = None) -> re.Match[bytes]:
        """Wait until one of *patterns* has come, and return what matched; what came after it stays.

        Of several the one that matches first in the stream is taken, and of those that begin at the same
        place the first that was named; ``match.re`` tells which. `before` is what came before it.

        Args:
            patterns: At least one.
            timeout: Seconds; None for the console's own.

        Raises:
            ChannelTimeout: It did not come in time; what came instead is kept for the next call.
            ExpectError: The console ended first.
        """
        return run(self.expect_op(*patterns, timeout=timeout))

    def send_op(self, data: bytes | str) -> Op[None]:
        """The operation of `send`."""
        yield from self.channel.write_all_op(_as_bytes(data))

    def send_line_op(self, line: bytes | str = b"") -> Op[None]:
        """The operation of `send_line`."""
        yield from self.channel.write_all_op(_as_bytes(line) + self.newline)

    def expect_op(self, *patterns: Pattern, timeout: float | None = None) -> Op[re.Match[bytes]]:
        """The operation of `expect`."""
        if not patterns:
            message = "nothing to expect: give at least one pattern"
            raise ValueError(message)
        wanted = [
            one if isinstance(one, re.Pattern) else re.compile(re.escape(_as_bytes(one))) for one in patterns
        ]
        names = " or ".join(
            show_bytes(one.pattern if isinstance(one, re.Pattern) else _as_bytes(one)) for one in patterns
        )
        seconds = self.timeout if timeout is None else timeout
        op = self._search_op(wanted, names)
        return (yield from op if seconds is None else within(op, seconds, f"waiting for {names}"))

    def _search_op(self, wanted: list[re.Pattern[bytes]], names: str) -> Op[re.Match[bytes]]:
        seen = self._seen
        while True:
            # Over a copy: a match keeps what it was made of.
            data = bytes(seen)
            found = [match for pattern in wanted if (match := pattern.search(data))]
            if found:
                match = min(found, key=lambda one: one.start())
                self.before = data[: match.start()]
                del seen[: match.end()]
                return match
            came = yield from self.channel.read_op()
            if not came:
                message = (
                    f"the console ended before {names} came; at the end it said {show_bytes(seen[-64:])}"
                )
                raise ExpectError(message, data)
            seen += came
            if len(seen) > MAX_SEEN:
                del seen[: len(seen) - MAX_SEEN]


def _as_bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text
