"""Galois/Counter Mode (NIST SP 800-38D) over any cipher of nettle with a block of 16 bytes.

Nettle takes whole blocks in every call but a message's last one. What does not fill a block is kept here: its
output comes from a copy of the state, and the state itself moves on when the block is full.
"""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import Buffer, override

from iochan.core.errors import CryptoError
from iochan.crypto.backend import AeadContext
from iochan_ext.nettle.cipher import schedule
from iochan_ext.nettle.library import Library, ffi
from iochan_ext.secretmemory import secret_memory

__all__ = ["GcmContext"]

_BLOCK: Final = 16
_KEY_SIZE: Final = 256 * _BLOCK
_STATE_SIZE: Final = 3 * _BLOCK + 16
_HEADER, _DATA, _ENDED = range(3)
_from_buffer = ffi.from_buffer
_BYTES = ffi.typeof("uint8_t[]")


class GcmContext(AeadContext):
    """One key; the nonce is 12 zero bytes until it is set."""

    __slots__ = (
        "_crypt",
        "_filled",
        "_fixed",
        "_header",
        "_key",
        "_lib",
        "_output",
        "_stage",
        "_state",
        "_tail",
        "_trial",
    )

    def __init__(self, library: Library, cipher: Any, key: Any) -> None:
        self._lib = library.lib
        self._key = secret_memory(_KEY_SIZE)
        self._state = secret_memory(_STATE_SIZE)
        self._trial = secret_memory(_STATE_SIZE)
        self._tail = secret_memory(_BLOCK)
        self._output = secret_memory(_BLOCK)
        scheduled = schedule(cipher, key)
        self._fixed = (self._key, scheduled, cipher.encrypt)
        self._crypt = self._lib.nettle_gcm_encrypt
        self._lib.nettle_gcm_set_key(self._key, scheduled, cipher.encrypt)
        self.set_iv(bytes(12))

    @override
    def set_iv(self, iv: bytes) -> None:
        self._lib.nettle_gcm_set_iv(self._state, self._key, len(iv), iv)
        self._header = b""
        self._filled = 0
        self._stage = _HEADER

    @override
    def authenticate(self, data: Buffer) -> None:
        self._reach(_HEADER)
        header = self._header + bytes(data)
        whole = len(header) - len(header) % _BLOCK
        self._lib.nettle_gcm_update(self._state, self._key, whole, header)
        self._header = header[whole:]

    @override
    def encrypt_into(self, data: Buffer, out: Buffer) -> None:
        self._crypt = self._lib.nettle_gcm_encrypt
        self._any_length(data, out)

    @override
    def decrypt_into(self, data: Buffer, out: Buffer) -> None:
        self._crypt = self._lib.nettle_gcm_decrypt
        self._any_length(data, out)

    @override
    def tag(self) -> bytes:
        self._reach(_ENDED)
        if self._filled:
            self._crypt(self._state, *self._fixed, self._filled, self._output, self._tail)
        tag = bytearray(_BLOCK)
        self._lib.nettle_gcm_digest(self._state, *self._fixed, _BLOCK, _from_buffer(tag))
        return bytes(tag)

    def _any_length(self, data: Buffer, out: Buffer) -> None:
        source, target = _from_buffer(_BYTES, data), _from_buffer(_BYTES, out, True)
        length = len(target)
        self._reach(_DATA)
        start = min(length, _BLOCK - self._filled) if self._filled else 0
        if start:
            self._add_to_tail(source, target, start)
        whole = (length - start) // _BLOCK * _BLOCK
        if whole:
            self._crypt(self._state, *self._fixed, whole, target + start, source + start)
        start += whole
        if start < length:
            self._add_to_tail(source + start, target + start, length - start)

    def _add_to_tail(self, source: Any, target: Any, count: int) -> None:
        """Crypt *count* bytes, with which the tail is at most full."""
        ffi.memmove(self._tail + self._filled, source, count)
        filled = self._filled + count
        state = self._state
        if filled < _BLOCK:
            state = self._trial
            ffi.memmove(state, self._state, _STATE_SIZE)
        self._crypt(state, *self._fixed, filled, self._output, self._tail)
        ffi.memmove(target, self._output + self._filled, count)
        self._filled = filled % _BLOCK

    def _reach(self, stage: int) -> None:
        """Go on to *stage* of the message: nettle ends the process when the order is wrong."""
        if self._stage > stage or self._stage == _ENDED:
            what = "has its tag" if self._stage == _ENDED else "has begun"
            raise CryptoError(f"the message {what} already: set a new nonce first")
        self._stage = stage
        if stage != _HEADER and self._header:
            self._lib.nettle_gcm_update(self._state, self._key, len(self._header), self._header)
            self._header = b""
