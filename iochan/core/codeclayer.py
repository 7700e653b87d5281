"""The pump between a codec and the channel below: written once, for TLS, WebSocket and the rest.

How it works. Reads pull: decode what is there; while the codec starves, read the wire into a lent
buffer and give it to the codec. Writes push: encode one batch, send it; what the channel below does
not take is *owed*, and nothing new is encoded until it is gone. Replies that a read produces leave
the same way. A lock is held round the codec's calls, and round tries of the channel below that do
not sleep; a reader that sleeps in the kernel holds none.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from typing_extensions import override

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views, advance, as_view
from iochan.core.channel import Channel
from iochan.core.codec import BATCH, STARVED, Codec
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import ChannelClosedError, ChannelError, IochanError, LocalProtocolError
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.layer import Layer
from iochan.core.op import Op
from iochan.core.primitives import Primitives
from iochan.core.scratch import KEPT, borrow, give_back

__all__ = ["CodecLayer"]


class CodecLayer(Layer):
    """A layer that sends and receives what *codec* makes of the bytes.

    Args:
        lower: The channel below, owned from now on.
        codec: The codec, for this connection only.
        name: What messages call the layer.
    """

    __slots__ = (
        "_below_owes",
        "_eof_sent",
        "_established",
        "_lock",
        "_owed",
        "_read_ended",
        "_writable",
        "codec",
    )

    def __init__(self, lower: Channel, codec: Codec, name: str = "") -> None:
        super().__init__(lower, name)
        self.features |= Feature.CONCURRENT
        if codec.half_close:
            self.features |= Feature.HALF_CLOSE
        else:
            self.features &= ~Feature.HALF_CLOSE
        self.codec = codec
        self._lock = Lock()
        self._owed: Views = ()
        self._below_owes = type(lower).try_flush is not Primitives.try_flush
        self._established = False
        self._writable = False
        self._eof_sent = False
        self._read_ended = False

    @override
    def try_readinto(  # noqa: C901, PLR0912, PLR0915 - the hot path
        self, buffer: Room, flags: int = 0
    ) -> int | Blocked:
        if not self._established:
            self._refuse_early()
        codec = self.codec
        lower, lock = self._lower, self._lock
        relaxed = self._read_ended or flags & 2 != 0
        if not codec.starved:
            with lock:
                got = codec.decode_into(buffer, relaxed_eof=relaxed)
            if got != STARVED:
                return got
        stuck: Blocked | None = None
        scratch = KEPT.pop() if KEPT else borrow()
        try:
            while True:
                if self._owed or codec.has_output:
                    with lock:
                        stuck = self._push_for_reader()
                # Sleeping in the read would leave owed bytes unsent.
                size = lower.try_readinto(scratch, flags & 14 if stuck is None else flags & 10)
                if isinstance(size, Blocked):
                    return size if stuck is None else size | stuck
                with lock:
                    if self.closed:
                        self._refuse_early()
                    try:
                        # A local shutdown may have happened while the read slept.
                        got = codec.receive_into(scratch, size, buffer, relaxed or self._read_ended)
                    except IochanError:
                        # The peer is told what it did wrong, if it listens.
                        self._push_for_reader()
                        raise
                    if codec.has_output:
                        self._push_for_reader()
                if got != STARVED:
                    return got
                if codec.tired:
                    return Blocked(deadline=clock.now())
        finally:
            KEPT.append(scratch)

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        got = self.try_readinto(views[0], flags)
        if len(views) == 1 or isinstance(got, Blocked) or got < len(views[0]):
            return got
        # The other views get what is decoded already.
        done = got
        for view in views[1:]:
            if self.codec.starved:
                break
            with self._lock:
                got = self.codec.decode_into(view, relaxed_eof=True)
            if got <= 0:
                break
            done += got
            if got < len(view):
                break
        return done

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        if not self._writable:
            self._refuse_early()
        codec = self.codec
        with self._lock:
            if (self._owed or codec.has_output) and (stuck := self._push()) is not None:
                return stuck
            if len(data) >= BATCH:
                return self._send_more((memoryview(data),))
            scratch = KEPT.pop() if KEPT else borrow()
            try:
                sealed = codec.seal(data, scratch)
                if sealed:
                    put = self._lower.try_write(sealed)
                    if put != len(sealed):
                        self._owe((sealed,), put)
                    return len(data)
                done, wire = codec.encode((data,), scratch)
                self._send(wire)
            finally:
                KEPT.append(scratch)
            return done

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if not self._writable:
            self._refuse_early()
        with self._lock:
            if (self._owed or self.codec.has_output) and (stuck := self._push()) is not None:
                return stuck
            return self._send_more(views)

    def _send_more(self, views: Views) -> int | Blocked:
        """Encode and send *views*, batch after batch, until one is owed; return how much was accepted."""
        done = 0
        while views:
            if units := self.codec.offer(views[0]):
                put = self._lower.try_writev(units)
                if isinstance(put, Blocked):
                    return done or put
                whole, begun = divmod(put, len(units[0]) + BATCH)
                if begun:
                    self._owe(units[2 * whole : 2 * whole + 2], begun)
                    return done + (whole + 1) * BATCH
                accepted, all_went = whole * BATCH, 2 * whole == len(units)
            else:
                accepted, all_went = self._send_batch(views)
            done += accepted
            # As long as the channel below takes everything, go on: one batch at most is owed.
            if not all_went:
                break
            views = advance(views, accepted)
        return done

    def _send_batch(self, views: Views) -> tuple[int, bool]:
        """Encode and send one batch; return how much was accepted, and whether all went."""
        scratch = borrow()
        try:
            accepted, wire = self.codec.encode(views, scratch)
            return accepted, self._send(wire)
        finally:
            give_back(scratch)

    def _send(self, wire: Sequence[Flat]) -> bool:
        """Send *wire*, owe what does not go, and tell whether all went. The lock is held."""
        if not wire:
            return True
        views = [piece if type(piece) is memoryview else as_view(piece) for piece in wire]
        put = self._lower.try_writev(views)
        if put == sum(map(len, views)):
            return True
        self._owe(views, put)
        return False

    def _owe(self, wire: Sequence[Flat], put: int | Blocked) -> None:
        """Keep what of *wire* did not go: its bytes hold only until the codec's next call."""
        views = advance([as_view(piece) for piece in wire], 0 if isinstance(put, Blocked) else put)
        self._owed = (memoryview(b"".join(views)),)

    def _push(self) -> Blocked | None:
        """Send owed bytes, then what the codec has; None when all went. The lock is held."""
        while True:
            while self._owed:
                put = self._lower.try_writev(self._owed)
                if isinstance(put, Blocked):
                    return put
                self._owed = advance(self._owed, put)
            if not self.codec.has_output:
                return None
            scratch = borrow()
            try:
                self._send(self.codec.outgoing(scratch))
            finally:
                give_back(scratch)

    def _push_for_reader(self) -> Blocked | None:
        """Do `_push`, but leave a broken writing direction to who writes. The lock is held.

        A peer that left may have left bytes behind, which can still be read.
        """
        try:
            return self._push()
        except ChannelError:
            return None

    @override
    def try_flush(self) -> Blocked | None:
        if self._owed:
            with self._lock:
                stuck = self._push()
            if stuck is not None:
                return stuck
        return self._lower.try_flush() if self._below_owes else None

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        if not self.codec.starved and Condition.IN in condition:
            return Condition.IN
        stuck = None
        if self._owed or self.codec.has_output:
            with self._lock:
                stuck = self._push_for_reader()
        if stuck is not None and Condition.IN not in condition:
            return stuck
        below = self._lower.ready(condition)
        return below | stuck if isinstance(below, Blocked) else below

    @override
    def establish_op(self) -> Op[None]:
        yield from self._lower.establish_op()
        if self._established:
            return
        with ReadGuard(self), WriteGuard(self):
            try:
                while not self._step():
                    yield from self._push_op()
                    yield from self._receive_op()
                yield from self._push_op()
                self.check_established()
            except IochanError:
                # The alert tells the peer why; a peer that does not take it learns nothing.
                with self._lock:
                    self._push()
                raise
            self._established = self._writable = True

    def check_established(self) -> None:
        """What a layer checks once its handshake is complete, before its user sees it as done."""

    def _step(self) -> bool:
        with self._lock:
            return self.codec.step()

    def _receive_op(self) -> Op[None]:
        while True:
            scratch = borrow()
            try:
                size = self._lower.try_readinto(scratch)
                if not isinstance(size, Blocked):
                    with self._lock:
                        self.codec.receive(scratch[:size])
                    return
            finally:
                give_back(scratch)
            yield size

    def _push_op(self) -> Op[None]:
        while True:
            with self._lock:
                blocked = self._push()
            if blocked is None:
                blocked = self._lower.try_flush()
                if blocked is None:
                    return
            yield blocked

    @override
    def end_writing_op(self) -> Op[None]:
        if not self.codec.half_close:
            yield from super(Layer, self).end_writing_op()
        self._say_goodbye()
        yield from self._push_op()

    def _say_goodbye(self) -> None:
        with self._lock:
            self._eof_sent = True
            self._writable = False
            self.codec.goodbye()

    @override
    def farewell_op(self) -> Op[None]:
        if self._established:
            # What writes had accepted has to go; what the protocol owes beside it is worth a try.
            while (stuck := self.try_flush()) is not None:
                yield stuck
            self._say_goodbye()
            try:
                yield from self._push_op()
                yield from self._lower.farewell_op()
            except ChannelError:
                # All that was accepted has gone; a peer that left before our goodbye came needs none.
                return
            return
        yield from self._lower.farewell_op()

    @override
    def do_shutdown(self, how: Shutdown) -> None:
        # The reader that the shutdown wakes must find the mark: so it is set first.
        if how is not Shutdown.WRITE:
            self._read_ended = True
        self._lower.shutdown(how)

    @override
    def do_close(self) -> None:
        with self._lock:
            self._owed = ()
            self.codec.close()
        super().do_close()

    def _refuse_early(self) -> None:
        if self.closed:
            raise ChannelClosedError(f"{self.name} is closed: it cannot be used any more")
        if self._eof_sent:
            message = f"{self.name} has ended its writing direction: nothing can follow the goodbye"
        else:
            message = f"{self.name} has not done its handshake: call handshake() first"
        raise LocalProtocolError(message)
