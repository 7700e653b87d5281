"""The crypto backend ``nettle``: the shared library libnettle, needed only when it is used."""

from __future__ import annotations

from iochan.crypto.backend import Backend
from iochan_ext.sharedlib import no_cffi

__all__ = ["nettle"]


def nettle() -> Backend:
    """Return the backend.

    Raises:
        BackendMissing: libnettle or cffi is not on this machine.
    """
    try:
        from iochan_ext.nettle.backend import NettleBackend  # noqa: PLC0415 - cffi is optional
    except ModuleNotFoundError as error:
        raise no_cffi("nettle") from error
    return NettleBackend()
