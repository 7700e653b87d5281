"""Which engine serves: the one that is asked for, else the first of the table that is here."""

from __future__ import annotations

import os
from typing import Final

from iochan.core.errors import CredsError, show_known, show_text
from iochan.tls.ability import TABLE
from iochan.tls.engines import bindings
from iochan.tls.engines.engine import Engine
from iochan.tls.engines.pyopenssl import PyOpenSSLEngine
from iochan.tls.engines.stdlib import StdlibEngine

__all__ = ["ENVIRONMENT", "choose_engine"]

ENVIRONMENT: Final = "IOCHAN_TLS_ENGINE"
"""The environment variable that names the engine to use where settings name none."""

_BINDINGS = bindings.BindingsEngine() if bindings.available() else None
_PUBLIC = PyOpenSSLEngine()
_ENGINES: Final[dict[str, Engine | None]] = {
    "bindings": _BINDINGS,
    "pyopenssl": _PUBLIC,
    "ssl": StdlibEngine(),
}


def choose_engine(name: str | None = None) -> Engine:
    """Return the engine *name*; None for what the environment says, or else the best that is here.

    Raises:
        CredsError: There is none of that name, or it does not go with what is installed.
    """
    name = name or os.environ.get(ENVIRONMENT)
    if not name:
        return _BINDINGS or _PUBLIC
    if name not in _ENGINES:
        message = f"TLS engine {show_text(name)} is unknown {show_known(name, TABLE)}"
        raise CredsError(message)
    found = _ENGINES[name]
    if found is None:
        message = (
            f"the TLS engine {name} does not go with this pyOpenSSL and cryptography: take pyopenssl, or "
            "install other versions"
        )
        raise CredsError(message)
    return found
