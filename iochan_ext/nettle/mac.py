"""HMAC over any hash of nettle (RFC 2104), and CMAC over any of its block ciphers (RFC 4493)."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

from typing_extensions import Buffer, override

from iochan.crypto.backend import DigestContext
from iochan_ext.nettle.cipher import schedule
from iochan_ext.nettle.library import ffi
from iochan_ext.secretmemory import secret_memory

__all__ = ["CmacContext", "HmacContext", "hmac_memory"]

_from_buffer = ffi.from_buffer


def hmac_memory(lib: Any, hash_: Any, key: Any, length: int) -> Any:
    """Return contexts of *hash_* for *length* bytes of *key*: outer, inner, state and one to spare."""
    size = hash_.context_size
    memory = secret_memory(4 * size)
    lib.nettle_hmac_set_key(memory, memory + size, memory + 2 * size, hash_, length, key)
    return memory


class HmacContext(DigestContext):
    """A message so far under *hash_*, an entry of nettle's table."""

    __slots__ = ("_hash", "_lib", "_memory", "_outer_inner", "_scratch", "_size", "_state", "_update")

    def __init__(self, lib: Any, hash_: Any, key: Any) -> None:
        self._start(lib, hash_, hmac_memory(lib, hash_, key, len(key)))

    @override
    def update(self, data: Buffer) -> None:
        source = data if type(data) is bytes else _from_buffer(data)
        self._update(self._state, len(source), source)

    @override
    def digest(self) -> bytes:
        # Nettle's digest begins a new message, so that a copy ends.
        ffi.memmove(self._scratch, self._state, self._size)
        digest = bytearray(self._hash.digest_size)
        outer, inner = self._outer_inner
        self._lib.nettle_hmac_digest(
            outer, inner, self._scratch, self._hash, len(digest), _from_buffer(digest)
        )
        return bytes(digest)

    @override
    def copy(self) -> Self:
        other = object.__new__(type(self))
        memory = secret_memory(4 * self._size)
        ffi.memmove(memory, self._memory, 4 * self._size)
        other._start(self._lib, self._hash, memory)
        return other

    def _start(self, lib: Any, hash_: Any, memory: Any) -> None:
        size = self._size = hash_.context_size
        self._lib, self._hash, self._memory, self._update = lib, hash_, memory, hash_.update
        self._outer_inner = memory + 0, memory + size
        self._state, self._scratch = memory + 2 * size, memory + 3 * size


class CmacContext(DigestContext):
    """A message so far under *cipher*, an entry of nettle's table; copies share the key."""

    __slots__ = ("_block", "_finish", "_keyed", "_scratch", "_size", "_state", "_update")

    def __init__(self, lib: Any, cipher: Any, key: Any) -> None:
        self._block: int = cipher.block_size
        # Two blocks and a count: the chain, what doesn't fill a block yet, and how much that is.
        self._size = 2 * self._block + ffi.sizeof("size_t")
        self._state, self._scratch = secret_memory(self._size), secret_memory(self._size)
        scheduled, subkeys = schedule(cipher, key), secret_memory(2 * self._block)
        prefix = f"nettle_cmac{8 * self._block}"
        getattr(lib, f"{prefix}_set_key")(subkeys, scheduled, cipher.encrypt)
        getattr(lib, f"{prefix}_init")(self._state)
        self._update = getattr(lib, f"{prefix}_update")
        self._finish = partial(getattr(lib, f"{prefix}_digest"), self._scratch, subkeys)
        self._keyed = (scheduled, cipher.encrypt)

    @override
    def update(self, data: Buffer) -> None:
        source = data if type(data) is bytes else _from_buffer(data)
        self._update(self._state, *self._keyed, len(source), source)

    @override
    def digest(self) -> bytes:
        # Nettle's digest begins a new message, so that a copy ends.
        ffi.memmove(self._scratch, self._state, self._size)
        digest = bytearray(self._block)
        self._finish(*self._keyed, len(digest), _from_buffer(digest))
        return bytes(digest)

    @override
    def copy(self) -> Self:
        other = object.__new__(type(self))
        other._block, other._size = self._block, self._size
        other._update, other._keyed = self._update, self._keyed
        other._state, other._scratch = secret_memory(self._size), secret_memory(self._size)
        ffi.memmove(other._state, self._state, self._size)
        other._finish = partial(self._finish.func, other._scratch, self._finish.args[1])
        return other
