"""Message authentication: HMAC over a hash, CMAC over a block cipher."""

from __future__ import annotations

import hmac
from typing import Self

from typing_extensions import Buffer, override

from iochan.core.buffers import as_view
from iochan.crypto.backend import Backend, DigestContext
from iochan.crypto.choice import SMALL, choose, cipher_order, hash_order, is_there, remembered
from iochan.crypto.errors import AuthenticationFailed, LengthError
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, named

__all__ = ["Cmac", "Hmac", "cmac_supports", "hmac_supports"]


def hmac_supports(algorithm: str, backend: Backend | str | None = None) -> bool:
    """Tell whether an `Hmac` can be made over *algorithm*, by *backend* or by any that is here."""
    chosen = named(HashAlgorithm, algorithm)
    return is_there(_choose_hmac, chosen, backend)


def cmac_supports(algorithm: str, backend: Backend | str | None = None) -> bool:
    """Tell whether a `Cmac` can be made over *algorithm*, by *backend* or by any that is here."""
    chosen = named(CipherAlgorithm, algorithm)
    return is_there(_choose_cmac, chosen, backend)


@remembered
def _choose_hmac(algorithm: HashAlgorithm, backend: Backend | str | None) -> Backend:
    what = f"hmac-{algorithm}"
    return choose(what, lambda candidate: candidate.hmac_supports(algorithm), hash_order(), backend)


@remembered
def _choose_cmac(algorithm: CipherAlgorithm, backend: Backend | str | None) -> Backend:
    order = cipher_order(algorithm, CipherMode.CBC, SMALL)
    what = f"cmac-{algorithm}"
    return choose(what, lambda candidate: candidate.cmac_supports(algorithm), order, backend)


class _Mac:
    """What both kinds do."""

    __slots__ = ("_context", "_fresh", "backend", "update")

    def __init__(self, backend: Backend, context: DigestContext) -> None:
        self.backend = backend
        self._fresh = context
        self._take(context.copy())

    def _take(self, context: DigestContext) -> None:
        self._context = context
        self.update = context.update
        """Add bytes to the message: the backend's own call, with nothing in between."""

    def digest(self) -> bytes:
        """Return the code of all that was added so far; more may follow."""
        return self._context.digest()

    def hexdigest(self) -> str:
        """Return it as lower-case hexadecimal digits."""
        return self._context.digest().hex()

    def verify(self, code: Buffer) -> None:
        """Make sure that *code* is that of the message, in a time that tells nothing.

        Raises:
            AuthenticationFailed: It is not: the message or the key is another.
        """
        if not hmac.compare_digest(self._context.digest(), bytes(code)):
            message = f"the {type(self).__name__.lower()} does not fit: the message or the key is another"
            raise AuthenticationFailed(message)

    def reset(self) -> None:
        """Begin another message under the same key, which costs less than making all anew."""
        self._take(self._fresh.copy())

    def copy(self) -> Self:
        """Return a second one with the same key and the same message so far."""
        twin = object.__new__(type(self))
        twin.backend, twin._fresh = self.backend, self._fresh
        twin._take(self._context.copy())
        return twin


class Hmac(_Mac):
    """HMAC (RFC 2104) over a hash.

    Args:
        algorithm: A `HashAlgorithm` or its name.
        key: Of any length.
        backend: Who does the work, or its name; None for what `iochan.crypto.choice` finds best.

    Raises:
        UnknownAlgorithm: The name is unknown.
        AlgorithmUnavailable: No backend here has it.
    """

    __slots__ = ()

    def __init__(self, algorithm: str, key: Buffer, backend: Backend | str | None = None) -> None:
        chosen = named(HashAlgorithm, algorithm)
        engine = _choose_hmac(chosen, backend)
        super().__init__(engine, engine.hmac(chosen, key))

    @override
    def __repr__(self) -> str:
        return f"<Hmac by {self.backend.name}>"


class Cmac(_Mac):
    """CMAC (NIST SP 800-38B) over a block cipher.

    Args:
        algorithm: A `CipherAlgorithm` or its name.
        key: As long as the algorithm says.
        backend: Who does the work, or its name; None for what `iochan.crypto.choice` finds best.

    Raises:
        UnknownAlgorithm: The name is unknown.
        LengthError: *key* has the wrong length.
        AlgorithmUnavailable: No backend here has it.
    """

    __slots__ = ()

    def __init__(self, algorithm: str, key: Buffer, backend: Backend | str | None = None) -> None:
        chosen = named(CipherAlgorithm, algorithm)
        secret = as_view(key)
        if len(secret) != chosen.key_length:
            wanted = f"it must have {chosen.key_length}"
            raise LengthError(f"the key for cmac-{chosen}", len(secret), wanted)
        engine = _choose_cmac(chosen, backend)
        super().__init__(engine, engine.cmac(chosen, secret))

    @override
    def __repr__(self) -> str:
        return f"<Cmac by {self.backend.name}>"
