"""One viewer of a server, from the end of its handshake on."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelTimeout
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op
from iochan.core.scratch import borrow, give_back
from iochan.core.wakeup import Wakeup
from iochan.vnc import codes
from iochan.vnc.admit import Admission
from iochan.vnc.clientmessage import ClientMessage, parse_client_message
from iochan.vnc.errors import RfbError
from iochan.vnc.feed import Feed, Need
from iochan.vnc.output import Output
from iochan.vnc.requests import handle
from iochan.vnc.security import Access

if TYPE_CHECKING:
    from iochan.vnc.server import VncServer

__all__ = ["Session"]

_READ: Final = 65536
_OWED: Final = 65536
"""While replies of so many bytes wait for a viewer, nothing more is read from it."""

_TURNS: Final = 16
"""After so many steps without a wait, others have their turn."""


class Session:
    """One viewer.

    Attributes:
        server: Whose viewer it is.
        access: What it may do.
        user: Its name, where it had to tell one.
        peer: Whom it counts for.
        output: What it is sent.
        ended: Why it must go, once somebody has said so.
    """

    def __init__(self, server: VncServer, admission: Admission, peer: Hashable) -> None:
        self.server = server
        self.access = admission.access
        self.user = admission.user
        self.shared = admission.shared
        self.peer = peer
        self.ended: str | None = None
        self._channel = admission.channel
        self._wakeup = Wakeup()
        self.output = Output(server.framebuffer, server.name, self._wakeup.fire, server.options)
        self._feed: Feed[ClientMessage] = Feed(self._parse)
        self._rest = memoryview(b"")

    def _parse(self) -> Need[ClientMessage]:
        return parse_client_message(extended_mouse=codes.EXTENDED_MOUSE in self.output.wishes)

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._channel.name

    @property
    def may_act(self) -> bool:
        """Whether it may do more than look."""
        return self.access is Access.FULL

    def end(self, reason: str) -> None:
        """Have it end with *reason* as soon as it looks; any thread may call it."""
        with self.server.framebuffer.lock:
            self.ended = reason
            self._wakeup.fire()

    def run_op(self) -> Op[None]:
        """Serve the viewer until it goes.

        Raises:
            RfbError: It breaks the protocol.
            ChannelTimeout: It did not take what it was sent for too long.
        """
        try:
            with ReadGuard(self._channel), WriteGuard(self._channel):
                yield from self._serve_op()
        finally:
            self.output.close()
            self._wakeup.close()

    def _serve_op(self) -> Op[None]:
        turns, stalled = 0, None
        while self.ended is None:
            wrote = self._write()
            read = self._read() if self.output.owed < _OWED else None
            if read == 0:
                self._check_end()
                return
            if wrote is not False:
                stalled = self._check_stall(stalled) if isinstance(wrote, Blocked) else None
            if wrote is True or isinstance(read, int):
                turns += 1
                if turns % _TURNS == 0:
                    yield Blocked(deadline=clock.now())
                continue
            blocked = wrote.by(stalled) if isinstance(wrote, Blocked) else self._idle()
            if blocked is not None:
                yield blocked if read is None else read | blocked

    def _check_end(self) -> None:
        if not self._feed.between:
            message = f"{self.name}: the viewer's stream ended in the midst of a message"
            raise RfbError(message)

    def _idle(self) -> Blocked | None:
        """Return what to wait for when there is nothing to send; None if there is something after all."""
        with self.server.framebuffer.lock:
            due = self.output.due()
            if self.ended is not None or (due is not None and due <= clock.now()):
                return None
            return self._wakeup.arm().by(due)

    def _check_stall(self, deadline: float | None) -> float:
        """Return when a viewer that takes nothing is given up.

        Raises:
            ChannelTimeout: Now.
        """
        seconds = self.server.options.stall
        if deadline is None:
            return clock.now() + seconds
        if clock.now() >= deadline:
            message = f"{self.name}: the viewer has taken nothing for {seconds:g} s: it is given up"
            raise ChannelTimeout(message)
        return deadline

    def _write(self) -> bool | Blocked:
        """Send one piece, or go on with one; False if there is nothing to send."""
        if self._rest:
            put = self._channel.try_write(self._rest)
            if isinstance(put, Blocked):
                return put
            self._rest = self._rest[put:]
            return True
        blocked = self._channel.try_flush()
        if blocked is not None:
            return blocked
        piece = self.output.next_piece()
        if piece is None:
            return False
        self._rest = memoryview(piece)
        return True

    def _read(self) -> int | Blocked:
        """Read once and do what the viewer asks; return how many bytes came."""
        scratch = borrow()
        try:
            got = self._channel.try_readinto(scratch[:_READ])
            if isinstance(got, Blocked) or not got:
                return got
            self._feed.put(scratch[:got])
        finally:
            give_back(scratch)
        while (message := self._feed.next()) is not None:
            handle(self, message)
        return got
