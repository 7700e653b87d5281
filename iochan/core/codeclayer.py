"""The pump between a codec and the channel below: written once, for TLS, WebSocket and the rest.

How it works. Reads pull: decode what is there; while the codec starves, read the wire into a lent
buffer and give it to the codec. Writes push: encode one batch, send it; what the channel below does
not take is *owed*, and nothing new is encoded until it is gone. Replies that a read produces leave
as owed bytes too. A lock is held round the codec's calls and round tries of the channel below that
do not sleep, never while waiting; a reader sleeping in the kernel holds none.
"""

from __future__ import annotations

from threading import Lock

from typing_extensions import override

from iochan.core.blocked import Blocked
from iochan.core.buffers import Views, advance, total
from iochan.core.channel import Channel
from iochan.core.codec import STARVED, Codec
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import ChannelError, LocalProtocolError, ProtocolError
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.layer import Layer
from iochan.core.op import Op
from iochan.core.scratch import borrow, give_back

__all__ = ["CodecLayer"]


class CodecLayer(Layer):
    """A layer that sends and receives what *codec* makes of the bytes.

    Args:
        lower: The channel below, owned from now on.
        codec: The codec, for this connection only.
        name: What messages call the layer.
    """

    __slots__ = ("_eof_sent", "_established", "_lock", "_owed", "_read_ended", "codec")

    def __init__(self, lower: Channel, codec: Codec, name: str = "") -> None:
        super().__init__(lower, name)
        self.features |= Feature.CONCURRENT
        self.codec = codec
        self._lock = Lock()
        self._owed: Views = ()
        self._established = False
        self._eof_sent = False
        self._read_ended = False

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if not self._established:
            self._refuse_early()
        codec, lock = self.codec, self._lock
        relaxed = bool(flags & 2) or self._read_ended
        stuck: Blocked | None = None
        with lock:
            got = codec.decode_into(views, relaxed)
        while got == STARVED:
            got, stuck = self._pull(views, flags, relaxed)
            if isinstance(got, Blocked):
                return got if stuck is None else got | stuck
        return got

    def _pull(self, views: Views, flags: int, relaxed: bool) -> tuple[int | Blocked, Blocked | None]:
        """Read the wire once and decode it; also return what owed bytes wait for, if there are any."""
        stuck: Blocked | None = None
        if self._owed:
            with self._lock:
                stuck = self._push()
        scratch = borrow()
        try:
            # Sleeping in the read would leave owed bytes unsent.
            size = self._lower.try_readv((scratch,), None, flags & 12 if stuck is None else flags & 8)
            if isinstance(size, Blocked):
                return size, stuck
            with self._lock:
                codec = self.codec
                try:
                    codec.receive(scratch[:size])
                    got = codec.decode_into(views, relaxed or self._read_ended)
                finally:
                    # Also when the peer broke the protocol: an alert may be due.
                    stuck = self._push()
            return got, stuck
        finally:
            give_back(scratch)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if not self._established or self._eof_sent:
            self._refuse_early()
        with self._lock:
            if self._owed and (stuck := self._push()) is not None:
                return stuck
            accepted = self.codec.encode(views)
            wanted = total(views) if len(views) > 1 else len(views[0])
            done = accepted
            # As long as the channel below takes everything, go on: one batch at most stays owed.
            while self._push() is None and done < wanted:
                done += self.codec.encode(advance(views, done))
            return done

    def _push(self) -> Blocked | None:
        """Send owed bytes, then what the codec has; what does not go is owed. The lock is held."""
        owed = self._owed
        while True:
            if not owed:
                owed = self.codec.outgoing()
                if not owed:
                    self._owed = ()
                    return None
            put = self._lower.try_writev(owed)
            if isinstance(put, Blocked):
                if owed is not self._owed:
                    # The codec's views hold only until its next call.
                    self._owed = (memoryview(b"".join(owed)),)
                return put
            owed = () if len(owed) == 1 and put == len(owed[0]) else advance(owed, put)

    @override
    def try_flush(self) -> Blocked | None:
        if self._owed:
            with self._lock:
                stuck = self._push()
            if stuck is not None:
                return stuck
        return self._lower.try_flush()

    @override
    def ready(self, condition: Condition) -> Condition | Blocked:
        with self._lock:
            stuck = self._push() if self._owed else None
            if Condition.IN in condition and self.codec.pending():
                return Condition.IN
        if stuck is not None and condition is Condition.OUT:
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
            except ProtocolError:
                # The alert tells the peer why; a peer that does not take it learns nothing.
                with self._lock:
                    self._push()
                raise
            yield from self._push_op()
            self._established = True
        yield from self.established_op()

    def established_op(self) -> Op[None]:
        """What a layer checks once its handshake is complete, before its user sees it as done."""
        return
        yield  # an operation, though this one never waits

    def _step(self) -> bool:
        with self._lock:
            return self.codec.step()

    def _receive_op(self) -> Op[None]:
        scratch = borrow()
        try:
            size = self._lower.try_readv((scratch,))
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
            yield from super().end_writing_op()
            return
        self._say_goodbye()
        yield from self._push_op()

    def _say_goodbye(self) -> None:
        with self._lock:
            self._eof_sent = True
            self.codec.goodbye()

    @override
    def farewell_op(self) -> Op[None]:
        if self._established:
            yield from self._push_op()
            self._say_goodbye()
            try:
                yield from self._push_op()
            except ChannelError:
                # All that was accepted has gone; a peer that left first needs no goodbye.
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
        if self._eof_sent:
            message = f"{self.name} has ended its writing direction: nothing can follow the goodbye"
        else:
            message = f"{self.name} has not done its handshake: call handshake() first"
        raise LocalProtocolError(message)
