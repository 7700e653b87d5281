"""Bytes that never print."""

from __future__ import annotations

import base64
import hmac
from typing import NoReturn, SupportsIndex

from typing_extensions import Buffer, override

from iochan.core.errors import SecretError

__all__ = ["Secret"]


class _Wiped(bytearray):
    """Memory that becomes zeros at its end, which is not before the last view of it is gone."""

    def __del__(self) -> None:
        self[:] = bytes(len(self))


class Secret:
    """A password or a key. It cannot be changed; nothing that prints, formats or pickles it shows it.

    The value lies in one buffer of its own, which is filled with zeros by `clear`, and when the secret and
    all views of it are gone. That is as far as Python allows: what `as_bytes` and `as_text` return are copies
    that live until the collector's turn, a library that is given one may copy it again, and the system may
    have written memory to swap. `view` copies nothing.

    Args:
        value: Copied.
    """

    __slots__ = ("_cleared", "_value")

    __hash__ = None  # type: ignore[assignment] # a hash of it would tell of it

    def __init__(self, value: Buffer = b"") -> None:
        self._cleared = False
        # Through a view: of a number, bytearray would make that many zeros.
        self._value = _Wiped(memoryview(value))

    def view(self) -> memoryview:
        """Return a read-only view of the value itself.

        It outlives the secret; it reads zeros once that is cleared.
        """
        return memoryview(self._open()).toreadonly()

    def as_bytes(self) -> bytes:
        """Return a copy of the value."""
        return bytes(self._open())

    def as_text(self) -> str:
        """Return a copy of the value as text.

        Raises:
            SecretError: It is no UTF-8; the message says where, and not what.
        """
        try:
            return self._open().decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"the secret is no UTF-8 text at byte {error.start}: give it as text, or use its bytes"
        # Not chained: the decoder's error carries the whole value.
        raise SecretError(message)

    def as_base64(self) -> str:
        """Return a copy of the value in base64, on one line."""
        return base64.b64encode(self._open()).decode("ascii")

    def clear(self) -> None:
        """Fill the value with zeros; nothing can be read from it any more. A second call does nothing."""
        self._cleared = True
        self._value[:] = bytes(len(self._value))

    def _open(self) -> bytearray:
        if self._cleared:
            message = "the secret was cleared: load it again"
            raise SecretError(message)
        return self._value

    def __len__(self) -> int:
        return len(self._open())

    def __bytes__(self) -> bytes:
        return self.as_bytes()

    @override
    def __eq__(self, other: object) -> bool:
        """Compare in a time that does not tell where the two differ."""
        if isinstance(other, Secret):
            return hmac.compare_digest(self._open(), other._open())
        if isinstance(other, (bytes, bytearray, memoryview)):
            return hmac.compare_digest(self._open(), other)
        return NotImplemented

    @override
    def __repr__(self) -> str:
        return "<Secret>"

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        message = "a Secret is neither pickled nor copied: hand the object itself on"
        raise TypeError(message)
