"""The part of a transforming layer that is easy to test: bytes in, bytes out, no I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from iochan.core.buffers import Views

__all__ = ["BATCH", "STARVED", "Codec"]

BATCH: Final = 65536
"""How many plain bytes one `Codec.encode` accepts at most: what a layer may owe is bounded by it."""

STARVED: Final = -1
"""What `Codec.decode_into` returns when it needs more of the wire."""


class Codec(ABC):
    """Turns plain bytes into wire bytes and back; knows no descriptor, no loop and no waiting.

    `iochan.core.codeclayer.CodecLayer` pumps it, one call at a time.

    Attributes:
        half_close: Whether `goodbye` ends only our direction, so that reads go on after it.
    """

    half_close: bool = False

    @abstractmethod
    def receive(self, wire: memoryview) -> None:
        """Take bytes that came from the wire (a copy of what is kept); none mean its end.

        Called only after `decode_into` has said `STARVED`, so what is kept is bounded by one
        incomplete unit and one *wire*.

        Raises:
            RemoteProtocolError: The bytes break the protocol.
        """

    @abstractmethod
    def decode_into(self, views: Views, relaxed_eof: bool = False) -> int:
        """Put plain bytes into *views* and return how many; 0 for the end, `STARVED` for more wire.

        Args:
            views: At least one, none empty.
            relaxed_eof: A cut stream is an end, not an error.

        Raises:
            TruncatedError: The wire ended without the protocol's goodbye.
            RemoteProtocolError: The peer broke the protocol.
        """

    @abstractmethod
    def encode(self, views: Views) -> int:
        """Accept at least one byte of *views*, at most `BATCH`, and return how many.

        What the wire gets for them is in `outgoing` then.
        """

    @abstractmethod
    def outgoing(self) -> Views:
        """Return what has to be sent now, each byte once; the views hold until the next call.

        Replies that the protocol owes (alerts, pongs, key updates) are in it too.
        """

    @abstractmethod
    def pending(self) -> bool:
        """Tell whether `decode_into` may give something without more of the wire.

        It may be wrong by saying yes, once; a no must be true.
        """

    def goodbye(self) -> None:
        """Queue the protocol's farewell into `outgoing`; a second call does nothing."""

    def step(self) -> bool:
        """Go one step of the handshake; True once it is complete.

        False means: send `outgoing`, then `receive` more, then step again.

        Raises:
            HandshakeError: It failed; `outgoing` may hold an alert for the peer.
        """
        return True

    def close(self) -> None:
        """Free what the codec holds outside Python; a second call does nothing."""
