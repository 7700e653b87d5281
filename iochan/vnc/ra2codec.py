"""The messages of RA2: AES in EAX mode, numbered, as handshakes exchange them and as a channel's bytes.

A message is the length of its bytes (16 bits, which the tag covers, too), the bytes encrypted, and a tag. Its
nonce is its number in its direction, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from typing_extensions import Buffer, override

from iochan.core.buffers import Flat, Room, as_view
from iochan.core.codec import BATCH, STARVED, Codec
from iochan.core.errors import TruncatedError
from iochan.crypto.eax import TAG_LENGTH, Eax
from iochan.crypto.errors import AuthenticationFailed
from iochan.vnc.errors import RfbError

__all__ = ["HEAD", "Ra2Codec", "Ra2Messages"]

HEAD: Final = struct.Struct(">H")
_MAX_MESSAGE: Final = 8192
"""Bytes in a message that is sent, as TigerVNC has it; any length is taken."""


class Ra2Messages:
    """The messages of one direction.

    Args:
        algorithm: The cipher.
        key: For this direction alone.
    """

    __slots__ = ("_count", "_eax")

    def __init__(self, algorithm: str, key: Buffer) -> None:
        self._eax = Eax(algorithm, key)
        self._count = 0

    def _nonce(self) -> bytes:
        self._count += 1
        return (self._count - 1).to_bytes(16, "little")

    def seal(self, data: Buffer) -> bytes:
        """Return the next message, with *data* in it: 1 to 65,535 bytes."""
        head = HEAD.pack(len(as_view(data)))
        return head + self._eax.encrypt(self._nonce(), data, head)

    def open(self, head: Buffer, body: Buffer) -> bytes:
        """Return what is in the next message: *head* is its length as it came, *body* the rest, with the tag.

        Raises:
            RfbError: It is not the one that the peer made.
        """
        try:
            return self._eax.decrypt(self._nonce(), body, head)
        except AuthenticationFailed:
            message = "a message of RA2 that was changed on its way, or made with another key"
            raise RfbError(message) from None


class Ra2Codec(Codec):
    """All bytes of a connection in messages, once the two sides of RA2 have their keys.

    The protocol has no goodbye: the end of the stream between two messages is an end.

    Args:
        incoming: The messages of the peer, from the next one on.
        outgoing: Ours.
    """

    def __init__(self, incoming: Ra2Messages, outgoing: Ra2Messages) -> None:
        super().__init__()
        self._incoming = incoming
        self._outgoing = outgoing
        self._wire = bytearray()
        self._plain = memoryview(b"")
        self._ended = False

    @override
    def receive(self, wire: memoryview) -> None:
        if not wire:
            self._ended = True
        self._wire += wire
        self._look()

    def _look(self) -> None:
        """Say whether there is anything for `decode_into`."""
        whole = len(self._wire) >= HEAD.size and len(self._wire) >= self._size()
        self.starved = not (self._plain or whole or self._ended)

    def _size(self) -> int:
        (size,) = HEAD.unpack_from(self._wire)
        if size == 0:
            message = "a message of RA2 without anything in it"
            raise RfbError(message)
        return HEAD.size + int(size) + TAG_LENGTH

    @override
    def decode_into(self, view: Room, *, relaxed_eof: bool = False) -> int:
        if not self._plain and not self._next():
            if not self._ended:
                return STARVED
            if self._wire and not relaxed_eof:
                message = f"the connection ended within a message of RA2, after {len(self._wire)} bytes of it"
                raise TruncatedError(message)
            return 0
        count = min(len(view), len(self._plain))
        view[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        self._look()
        return count

    def _next(self) -> bool:
        """Open the next message if all of it is here."""
        if len(self._wire) < HEAD.size or len(self._wire) < (size := self._size()):
            return False
        head, body = bytes(self._wire[: HEAD.size]), bytes(self._wire[HEAD.size : size])
        del self._wire[:size]
        self._plain = memoryview(self._incoming.open(head, body))
        return True

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        plain = bytearray()
        for piece in pieces:
            plain += piece[: BATCH - len(plain)]
            if len(plain) == BATCH:
                break
        view = memoryview(plain)
        starts = range(0, len(view), _MAX_MESSAGE)
        return len(view), [self._outgoing.seal(view[start : start + _MAX_MESSAGE]) for start in starts]

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        return ()
