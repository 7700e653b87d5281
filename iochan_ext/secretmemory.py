"""Memory for keys and what comes of them, wiped before the allocator gets it back.

That is as far as Python allows: the caller's own bytes, and those that are returned, are not wiped.
"""

from __future__ import annotations

from typing import Any, Final

from cffi import FFI

__all__ = ["secret_memory"]

_ffi: Final[Any] = FFI()
_memmove: Final = _ffi.memmove


def secret_memory(size: int) -> Any:
    """Return *size* bytes of zeros, which are zeros again when the last reference is gone."""
    return _ffi.gc(_ffi.new("uint8_t[]", size), _wipe)


def _wipe(memory: Any, move: Any = _memmove) -> None:
    # Bound, since the interpreter's end may come after that of this module's names.
    move(memory, bytes(len(memory)), len(memory))
