"""Shared libraries, found when they are asked for, through cffi in ABI mode: no compiler, no headers."""

from __future__ import annotations

from typing import Any

from iochan.crypto.errors import BackendMissing

__all__ = ["no_cffi", "open_library"]


def open_library(ffi: Any, backend: str, names: tuple[str, ...], package: str) -> Any:
    """Return the first of *names* that the dynamic linker finds, for the crypto backend *backend*.

    Raises:
        BackendMissing: It finds none; the message names *package*, Debian's, which would bring it.
    """
    reasons = []
    for name in names:
        try:
            return ffi.dlopen(name)
        except OSError as error:
            reasons.append(error)
    message = f"the crypto backend {backend} needs {names[0]} ({reasons[0]}): install the package {package}"
    raise BackendMissing(message) from reasons[0]


def no_cffi(backend: str) -> BackendMissing:
    """Return the error of a machine without the Python package that opens shared libraries."""
    return BackendMissing(
        f"the crypto backend {backend} needs the Python package cffi: pip install 'iochan[nettle]'"
    )
