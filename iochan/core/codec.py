"""The part of a transforming layer that is easy to test: bytes in, bytes out, no I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from iochan.core.buffers import Flat, Room

__all__ = ["BATCH", "STARVED", "Codec"]

BATCH: Final = 65536
"""How many plain bytes one `Codec.encode` accepts at most: what a layer may owe is bounded by it."""

STARVED: Final = -1
"""What `Codec.decode_into` returns when it needs more of the wire."""


class Codec(ABC):
    """Turns plain bytes into wire bytes and back; knows no descriptor, no loop and no waiting.

    `iochan.core.codeclayer.CodecLayer` pumps it, one call at a time.

    Attributes:
        starved: Whether `decode_into` is sure to return `STARVED`: it needs more of the wire.
        has_output: Whether `outgoing` has something: replies that the protocol owes (alerts,
            pongs, key updates), handshake messages, the goodbye.
        tired: Whether what came last was much work and brought no plain bytes. Who reads lets others go
            first: a peer could otherwise keep a loop busy for as long as it likes.
        half_close: Whether `goodbye` ends only our direction, so that reads go on after it.
    """

    half_close: bool = False

    def __init__(self) -> None:
        self.starved = True
        self.has_output = False
        self.tired = False

    @abstractmethod
    def receive(self, wire: memoryview) -> None:
        """Take bytes that came from the wire (a copy of what is kept); none mean its end.

        Called only while `starved`, so what is kept is bounded by one incomplete unit and one *wire*.

        Raises:
            RemoteProtocolError: The bytes break the protocol.
        """

    @abstractmethod
    def decode_into(self, view: Room, *, relaxed_eof: bool = False) -> int:
        """Put plain bytes into *view* and return how many; 0 for the end, `STARVED` for more wire.

        Args:
            view: Room for at least one byte.
            relaxed_eof: A cut stream is an end, not an error.

        Raises:
            TruncatedError: The wire ended without the protocol's goodbye.
            RemoteProtocolError: The peer broke the protocol.
        """

    def receive_into(self, wire: memoryview, size: int, view: Room, relaxed_eof: bool) -> int:  # noqa: FBT001 - hot
        """Do `receive` with the first *size* bytes of *wire*, then `decode_into`."""
        self.receive(wire[:size])
        return self.decode_into(view, relaxed_eof=relaxed_eof)

    @abstractmethod
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        """Accept at least one byte of *pieces*, at most `BATCH`.

        Args:
            pieces: Plain bytes, none empty.
            room: A lent buffer of `iochan.core.scratch.SCRATCH_SIZE` bytes for the result.

        Returns:
            How many bytes were accepted, and all that has to be sent now, this included. It may
            lie in *room* or in *pieces*, and holds until the next call of the codec.
        """

    def seal(self, data: Flat, room: memoryview) -> Flat:  # noqa: ARG002 - for those who can
        """Do `encode` for one small piece as a whole, if that is quicker.

        Returns:
            What has to be sent now, which may lie in *room* or be *data* itself; empty if it did
            nothing: `encode` then does.
        """
        return b""

    def offer(self, data: memoryview) -> Sequence[memoryview]:  # noqa: ARG002 - for those who can
        """Return the units of a large *data*, without doing anything yet.

        For protocols whose units depend on nothing before them, so that one call of the channel below
        sends many; of those that it did not begin, nothing was accepted.

        Returns:
            For each unit two views: what has to be sent before it, and `BATCH` bytes of *data*. Empty
            if that is less, or the protocol cannot: `encode` then does.
        """
        return ()

    @abstractmethod
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        """Return what has to be sent now, each byte once, and clear `has_output` with the last of it.

        The result may lie in *room*, as with `encode`.
        """

    def goodbye(self) -> None:  # noqa: B027 - most protocols have none
        """Queue the protocol's farewell into `outgoing`; a second call does nothing."""

    def step(self) -> bool:
        """Go one step of the handshake; True once it is complete.

        False means: send `outgoing`, then `receive` more, then step again.

        Raises:
            HandshakeError: It failed; `outgoing` may hold an alert for the peer.
        """
        return True

    def close(self) -> None:  # noqa: B027 - most codecs hold nothing
        """Free what the codec holds outside Python; a second call does nothing."""
