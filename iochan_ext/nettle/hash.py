"""Hashes of nettle."""

from __future__ import annotations

from typing import Any, Self

from typing_extensions import Buffer, override

from iochan.crypto.backend import DigestContext
from iochan_ext.nettle.library import ffi

__all__ = ["HashContext"]

_from_buffer = ffi.from_buffer


class HashContext(DigestContext):
    """A message so far under *hash_*, an entry of nettle's table."""

    __slots__ = ("_context", "_hash", "_kind", "_update")

    def __init__(self, hash_: Any) -> None:
        self._hash = hash_
        self._kind = f"uint8_t[{hash_.context_size}]"
        self._context = ffi.new(self._kind)
        self._update = hash_.update
        hash_.init(self._context)

    @override
    def update(self, data: Buffer) -> None:
        source = data if type(data) is bytes else _from_buffer(data)
        self._update(self._context, len(source), source)

    @override
    def digest(self) -> bytes:
        # Nettle's digest begins a new message, so that a copy ends.
        scratch = self._copied()
        digest = bytearray(self._hash.digest_size)
        self._hash.digest(scratch, len(digest), _from_buffer(digest))
        return bytes(digest)

    @override
    def copy(self) -> Self:
        other = object.__new__(type(self))
        other._hash, other._kind, other._update = self._hash, self._kind, self._update
        other._context = self._copied()
        return other

    def _copied(self) -> Any:
        memory = ffi.new(self._kind)
        ffi.memmove(memory, self._context, len(memory))
        return memory
