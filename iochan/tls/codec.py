"""The TLS codec: an engine's calls in the shape of `iochan.core.codec.Codec`."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from iochan.core.buffers import Flat
from iochan.core.codec import BATCH, STARVED, Codec
from iochan.core.errors import TruncatedError
from iochan.tls.engines.engine import CLOSED, Engine

__all__ = ["TlsCodec"]

_JOINED = 16384


class TlsCodec(Codec):
    """One TLS session.

    Session tickets: a TLS 1.3 server has them ready when its handshake ends. Sending them at once
    would deadlock with a client that writes first and never reads, and a client that closes with
    them unread resets the connection and loses what it sent. So they stay in the engine and go out
    before the first bytes that the server sends anyway.

    Args:
        engine: The session.
        server: Which side we are.
    """

    half_close = True

    def __init__(self, engine: Engine, *, server: bool) -> None:
        super().__init__()
        self.engine = engine
        self._server = server
        self._ended = False
        self._goodbye_said = False

    @override
    def step(self) -> bool:
        done = False
        try:
            done = self.engine.handshake()
        finally:
            self.has_output = not (done and self._server and self.engine.version() == "TLSv1.3")
        # Bytes behind the handshake may have come with it.
        self.starved = not done
        return done

    @override
    def receive(self, wire: memoryview) -> None:
        self.engine.feed(wire)
        self.starved = False

    @override
    def decode_into(self, view: memoryview, *, relaxed_eof: bool = False) -> int:
        if self._ended:
            return 0
        try:
            got = self.engine.read_into(view)
        except TruncatedError:
            if not relaxed_eof:
                raise
            got = CLOSED
        return got if got > 0 else self._nothing(got)

    @override
    def receive_into(self, wire: memoryview, view: memoryview, *, relaxed_eof: bool = False) -> int:
        if not wire or self._ended:
            return super().receive_into(wire, view, relaxed_eof=relaxed_eof)
        got = self.engine.feed_into(wire, view)
        if got > 0:
            self.starved = self.engine.starved
            return got
        return self._nothing(got)

    def _nothing(self, got: int) -> int:
        # Answers to what was read (alerts, key updates) are there now, if at all.
        self.has_output = True
        if got == CLOSED:
            self._ended = True
            self.starved = False
            return 0
        self.starved = True
        return STARVED

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        data = pieces[0]
        if len(pieces) > 1 and len(data) < _JOINED:
            # A record of its own for each small piece would cost more than a copy.
            data = _join(pieces)
        accepted, sealed = self.engine.seal(data, BATCH, room)
        return accepted, (sealed,)

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        got = self.engine.take(room)
        if got < len(room):
            self.has_output = False
        return (room[:got],) if got else ()

    @override
    def goodbye(self) -> None:
        if not self._goodbye_said:
            self._goodbye_said = True
            self.has_output = True
            self.engine.close_notify()

    @override
    def close(self) -> None:
        self.engine.free()


def _join(pieces: Sequence[Flat]) -> bytes:
    """Return pieces from the front as one, until a whole record is full or a large one ends it."""
    joined: list[Flat] = []
    size = 0
    for piece in pieces:
        joined.append(piece if size + len(piece) <= BATCH else memoryview(piece)[: BATCH - size])
        size += len(joined[-1])
        if size >= _JOINED:
            break
    return b"".join(joined)
