"""The crypto backend ``libgcrypt``: the shared library of that name, needed only when it is used."""

from __future__ import annotations

from iochan.crypto.backend import Backend
from iochan_ext.sharedlib import no_cffi

__all__ = ["libgcrypt"]


def libgcrypt() -> Backend:
    """Return the backend.

    Raises:
        BackendMissing: libgcrypt or cffi is not on this machine.
    """
    try:
        from iochan_ext.gcrypt.backend import GcryptBackend  # noqa: PLC0415 - cffi is optional
    except ModuleNotFoundError as error:
        raise no_cffi("libgcrypt") from error
    return GcryptBackend()
