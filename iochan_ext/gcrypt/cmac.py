"""CMAC (NIST SP 800-38B, RFC 4493) over libgcrypt's CBC.

Libgcrypt's own MAC handles can be neither copied nor read and then continued, so that the construction
stands here: the chain is this side's, and a handle that gives the last block of CBC does the work.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, Final, Self

from typing_extensions import Buffer, override

from iochan.crypto.backend import DigestContext
from iochan.crypto.names import CipherMode
from iochan_ext.gcrypt.cipher import MODES, keyed
from iochan_ext.gcrypt.library import Library, ffi

__all__ = ["CmacContext"]

_CBC_MAC: Final = 8
_POLYNOMIALS: Final = {8: 0x1B, 16: 0x87}


class CmacContext(DigestContext):
    """A message so far; copies share the handle that has the key, and a lock round it."""

    __slots__ = ("_block", "_chain", "_handle", "_library", "_lock", "_rest", "_subkeys")

    def __init__(self, library: Library, number: int, block: int, key: Any) -> None:
        self._library, self._block, self._lock = library, block, Lock()
        self._handle = keyed(library, number, MODES[CipherMode.CBC], key, _CBC_MAC)
        self._chain, self._rest = bytes(block), b""
        zero = int.from_bytes(self._chained(bytes(block)), "big")
        whole = _doubled(zero, block)
        self._subkeys = whole, _doubled(whole, block)

    @override
    def update(self, data: Buffer) -> None:
        message = self._rest + bytes(data)
        # The last block, full or not, waits for the end.
        chained = (len(message) - 1) // self._block * self._block if message else 0
        if chained:
            self._chain = self._chained(message[:chained])
        self._rest = message[chained:]

    @override
    def digest(self) -> bytes:
        block, rest = self._block, self._rest
        whole, padded = self._subkeys
        subkey = whole
        if len(rest) < block:
            rest, subkey = (rest + b"\x80").ljust(block, b"\0"), padded
        return self._chained((int.from_bytes(rest, "big") ^ subkey).to_bytes(block, "big"))

    @override
    def copy(self) -> Self:
        other = object.__new__(type(self))
        other._library, other._block, other._lock = self._library, self._block, self._lock
        other._handle, other._subkeys = self._handle, self._subkeys
        other._chain, other._rest = self._chain, self._rest
        return other

    def _chained(self, blocks: bytes) -> bytes:
        """Return the chain after whole *blocks*."""
        lib, chain = self._library.lib, bytearray(self._block)
        target = ffi.from_buffer(chain)
        with self._lock:
            lib.gcry_cipher_setiv(self._handle, self._chain, self._block)
            error = lib.gcry_cipher_encrypt(self._handle, target, self._block, blocks, len(blocks))
        self._library.check(error, "chain a MAC")
        return bytes(chain)


def _doubled(value: int, block: int) -> int:
    """Return *value* times x in the field of *block* bytes."""
    top = 1 << (8 * block)
    value <<= 1
    return (value ^ top ^ _POLYNOMIALS[block]) if value & top else value
