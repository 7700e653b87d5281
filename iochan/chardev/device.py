"""The device of a console: opened, read without end, opened again when it went away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import CLOSE_SECONDS, Channel
from iochan.core.errors import IochanError
from iochan.core.guard import ReadGuard
from iochan.core.op import Op
from iochan.core.reading import DEFAULT_READ
from iochan.core.scratch import borrow, give_back

__all__ = ["FAIR_PIECES", "Device", "Dial", "Reconnect"]

FAIR_PIECES = 8
"""After so many reads in a row the loop's other tasks get a turn."""

Dial = Callable[[], Op[Channel]]
"""Opens the channel of a device, its handshakes done, and takes no longer than it should."""

_LONG = 3600.0
_log = logging.getLogger("iochan.chardev")


@dataclass(frozen=True, slots=True)
class Reconnect:
    """When a device that went away, or could not be opened, is tried again.

    Attributes:
        least: Seconds before the first try; twice as many before each further one.
        most: Seconds between tries at most.
        steady: A device that stayed for so many seconds begins anew with *least*.
    """

    least: float = 1.0
    most: float = 60.0
    steady: float = 10.0


class Device:
    """Keeps one channel open, and hands on what it sends.

    Args:
        name: What messages call it.
        dial: Opens its channel.
        reconnect: When to open it again; None for never: `run_op` then ends with the channel.
        received: Gets each piece that the device sends, and returns the operation that holds it back
            meanwhile, or None.
        changed: Told, in words, when it comes and goes.
        mute: Whether it never sends anything, and is not read.

    Attributes:
        channel: What it is reached by; None while it is away.
        opened: How often it was opened.
        error: Why it is away; None if it ended in order or never came.
        bytes_in: How many bytes it sent.
        bytes_out: How many it was sent.
    """

    def __init__(
        self,
        name: str,
        dial: Dial,
        reconnect: Reconnect | None,
        received: Callable[[bytes], Op[None] | None],
        changed: Callable[[str], object],
        *,
        mute: bool = False,
    ) -> None:
        self.name = name
        self._dial = dial
        self._reconnect = reconnect
        self._received = received
        self._changed = changed
        self._mute = mute
        self.channel: Channel | None = None
        self.opened = 0
        self.error: Exception | None = None
        self.bytes_in = self.bytes_out = 0

    @property
    def state(self) -> str:
        """Whether it is there, in a word or two."""
        return "up" if self.channel is not None else "away" if self.error is None else f"away: {self.error}"

    def run_op(self) -> Op[None]:
        """Keep the device open; ends only where it is not to be opened again.

        Raises:
            IochanError: It cannot be opened, or broke, and is not to be opened again.
            OSError: The same.
        """
        wait = 0.0
        while True:
            since = clock.now()
            try:
                yield from self._serve_op()
            except (IochanError, OSError) as error:
                self._note_end(error)
                if self._reconnect is None:
                    raise
            else:
                self._note_end(None)
            again = self._reconnect
            if again is None:
                return
            steady = self.opened and clock.now() - since >= again.steady
            wait = again.least if steady or not wait else min(2 * wait, again.most)
            until = clock.now() + wait
            while clock.now() < until:
                yield Blocked(deadline=until)

    def write_op(self, data: bytes) -> Op[bool]:
        """Send *data* to the device, as fast as it takes it; False if it is away, or goes away meanwhile."""
        channel = self.channel
        if channel is None:
            return False
        left = memoryview(data)
        try:
            while left:
                put = channel.try_write(left)
                if isinstance(put, Blocked):
                    yield put
                    if channel.closed:
                        return False
                    continue
                self.bytes_out += put
                left = left[put:]
            while (blocked := channel.try_flush()) is not None:
                yield blocked
                if channel.closed:
                    return False
        except (IochanError, OSError) as error:
            # The reader meets the same end, and tells of it.
            _log.info("%s: writing: %s", self.name, error)
            return False
        return True

    def close(self) -> None:
        """Close the device's channel at once."""
        channel, self.channel = self.channel, None
        if channel is not None:
            channel.abort()

    def _serve_op(self) -> Op[None]:
        channel = yield from self._dial()
        try:
            self.channel = channel
            self.opened += 1
            self.error = None
            self._changed("the device is there")
            yield from self._read_all_op(channel)
            yield from channel.close_op(CLOSE_SECONDS)
        finally:
            self.channel = None
            channel.abort()

    def _read_all_op(self, channel: Channel) -> Op[None]:
        while self._mute:
            yield Blocked(deadline=clock.now() + _LONG)
        pieces = 0
        with ReadGuard(channel):
            while True:
                data = _gather(channel)
                if isinstance(data, Blocked):
                    yield data
                    continue
                if not data:
                    return
                self.bytes_in += len(data)
                hold = self._received(data)
                if hold is not None:
                    yield from hold
                pieces += 1
                if not pieces % FAIR_PIECES:
                    yield Blocked(deadline=clock.now())

    def _note_end(self, error: Exception | None) -> None:
        before, self.error = self.error, error
        _log.info("%s: %s", self.name, "ended" if error is None else error)
        # The first failure is told, its repetitions are not (QEMU's rule).
        if before is None or error is None:
            self._changed("the device has ended" if error is None else f"the device is away: {error}")


def _gather(channel: Channel) -> bytes | Blocked:
    """Read what is there, up to `DEFAULT_READ` bytes: a terminal gives 4 KiB at a time, and each piece costs.

    What ends the reading behind some bytes, the next call meets again.
    """
    room = borrow()
    filled = 0
    try:
        while filled < DEFAULT_READ:
            got = channel.try_readinto(room[filled:DEFAULT_READ])
            if isinstance(got, Blocked):
                return bytes(room[:filled]) if filled else got
            if not got:
                break
            filled += got
    except (IochanError, OSError):
        if not filled:
            raise
    finally:
        give_back(room)
    return bytes(room[:filled])
