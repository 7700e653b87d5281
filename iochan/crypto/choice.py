"""Which backend does the work: the one that is asked for, else the quickest that has the algorithm.

The order when nobody asks is by measurement: hashlib is the quickest for hashes of a few bytes and equal
beyond; a kept ``cryptography`` context is the quickest cipher for a few bytes; libgcrypt leads in CTR and in
XTS, where ``cryptography`` needs a new context for each sector, and single DES is in libgcrypt and nettle
only. The manual's page on who does the cryptography has the figures.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from iochan.core.errors import AddressError, show_known
from iochan.core.registry import known, lookup
from iochan.crypto.backend import BACKENDS, Backend
from iochan.crypto.errors import AlgorithmUnavailable, BackendMissing, UnknownAlgorithm
from iochan.crypto.names import CipherAlgorithm, CipherMode

__all__ = [
    "ENVIRONMENT",
    "LARGE",
    "SMALL",
    "backend",
    "backends",
    "choose",
    "cipher_order",
    "forget_choices",
    "hash_order",
    "is_there",
    "remembered",
]

_P = ParamSpec("_P")
_R = TypeVar("_R")

ENVIRONMENT = "IOCHAN_CRYPTO_BACKEND"
"""The environment variable that names the backend to use where none is asked for."""

LARGE = 65536
"""An XTS sector of so many bytes is a large one: a new context for each costs nothing beside it."""

_KEPT = 256
"""How many choices are remembered: sizes are among what is asked for, and there is no end of them."""

SMALL = 8192
"""A call with so many bytes is a small one: what a call costs weighs more there than the work."""


_forget: list[Callable[[], None]] = []


def remembered(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Have *function*, which chooses a backend, called once for the same arguments, till `forget_choices`."""
    kept = lru_cache(maxsize=_KEPT)(function)
    _forget.append(kept.cache_clear)
    return wraps(function)(kept)  # type: ignore[return-value] # the same call


def forget_choices() -> None:
    """Choose anew from now on: the environment, or what is installed, has changed."""
    for clear in _forget:
        clear()


@remembered
def backend(name: str) -> Backend:
    """Return the backend that is known as *name*.

    Raises:
        UnknownAlgorithm: Nobody knows it; the message lists what is known.
        BackendMissing: Its library is not on this machine; the message says how to get it.
    """
    try:
        make: Callable[[], Backend] = lookup(BACKENDS, name)
    except AddressError:
        raise UnknownAlgorithm("crypto backend", name, show_known(name, known(BACKENDS))) from None
    except ImportError as error:
        message = f"the crypto backend {name} cannot be loaded: {error}; install what it needs"
        raise BackendMissing(message) from error
    return make()


def backends() -> Iterator[tuple[str, Backend | BackendMissing]]:
    """Yield each backend that is known, or why it is missing, by name."""
    for name in known(BACKENDS):
        try:
            yield name, backend(name)
        except BackendMissing as error:
            yield name, error


def cipher_order(algorithm: CipherAlgorithm, mode: CipherMode, size: int) -> tuple[str, ...]:
    """Return the names to try for a cipher that gets about *size* bytes a call, the quickest first."""
    if algorithm is CipherAlgorithm.DES:
        return "libgcrypt", "nettle", "cryptography"
    gcrypt_leads = size > SMALL if mode is CipherMode.CTR else mode is CipherMode.XTS and size < LARGE
    first = ("libgcrypt", "cryptography") if gcrypt_leads else ("cryptography", "libgcrypt")
    return *first, "nettle"


def hash_order() -> tuple[str, ...]:
    """Return the names to try for hashes, the quickest first."""
    return "hashlib", "cryptography", "libgcrypt", "nettle"


def choose(
    what: str, supports: Callable[[Backend], bool], order: tuple[str, ...], wanted: Backend | str | None
) -> Backend:
    """Return the backend that does *what*.

    Args:
        what: The algorithm, for messages.
        supports: Asks a backend for it.
        order: Who is asked first when *wanted* is None; third parties' come after these.
        wanted: A backend, its name, or None for what the environment says, or else the first that can.

    Raises:
        AlgorithmUnavailable: *wanted*, or nobody, has it; the message names those that do.
    """
    if isinstance(wanted, Backend):
        chosen = wanted
    else:
        name = wanted or os.environ.get(ENVIRONMENT)
        if not name:
            return _first(what, supports, order)
        chosen = backend(name)
    if supports(chosen):
        return chosen
    others = [name for name, other in backends() if isinstance(other, Backend) and supports(other)]
    cure = f"{', '.join(others)} would" if others else "no other backend here has it either"
    message = f"the crypto backend {chosen.name} has no {what}: {cure}"
    raise AlgorithmUnavailable(message)


def is_there(find: Callable[_P, Backend], *arguments: _P.args, **named: _P.kwargs) -> bool:
    """Tell whether *find*, which chooses a backend, finds one."""
    try:
        find(*arguments, **named)
    except (AlgorithmUnavailable, BackendMissing):
        return False
    return True


def _first(what: str, supports: Callable[[Backend], bool], order: tuple[str, ...]) -> Backend:
    missing = []
    for name in (*order, *(name for name in known(BACKENDS) if name not in order)):
        try:
            candidate = backend(name)
        except BackendMissing as error:
            missing.append(str(error))
            continue
        except UnknownAlgorithm:
            continue  # a name of the order whose package is not installed
        if supports(candidate):
            return candidate
    reasons = "".join(f"; {reason}" for reason in missing)
    message = f"no crypto backend here has {what}{reasons}"
    raise AlgorithmUnavailable(message)
