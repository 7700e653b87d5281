"""Hashes: of one buffer, of many, and bit by bit."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable

from typing_extensions import Buffer, override

from iochan.crypto.backend import Backend, DigestContext
from iochan.crypto.choice import choose, hash_order, is_there, remembered
from iochan.crypto.names import HashAlgorithm, named

__all__ = ["Hash", "digest_length", "hash_base64", "hash_bytes", "hash_hex", "hash_supports"]


def digest_length(algorithm: str) -> int:
    """Return how many bytes a digest has."""
    return named(HashAlgorithm, algorithm).digest_length


def hash_supports(algorithm: str, backend: Backend | str | None = None) -> bool:
    """Tell whether a `Hash` can be made of *algorithm*, by *backend* or by any that is here.

    Raises:
        UnknownAlgorithm: The name is unknown, which is no matter of support.
    """
    chosen = named(HashAlgorithm, algorithm)
    return is_there(_choose, chosen, backend)


@remembered
def _choose(algorithm: HashAlgorithm, backend: Backend | str | None) -> Backend:
    return choose(algorithm, lambda candidate: candidate.hash_supports(algorithm), hash_order(), backend)


def hash_bytes(
    algorithm: str, data: Buffer | Iterable[Buffer], backend: Backend | str | None = None
) -> bytes:
    """Return the digest of *data*, one buffer or several one behind the other."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        return _digester(algorithm, backend)(data)
    try:
        view = memoryview(data)  # type: ignore[arg-type] # whether it is a buffer is the question
    except TypeError:
        pass
    else:
        return _digester(algorithm, backend)(view)
    context = Hash(algorithm, backend)
    for piece in data:  # type: ignore[union-attr] # so it is an iterable
        context.update(piece)
    return context.digest()


@remembered
def _digester(algorithm: str, backend: Backend | str | None) -> Callable[[Buffer], bytes]:
    chosen = named(HashAlgorithm, algorithm)
    return _choose(chosen, backend).digester(chosen)


def hash_hex(algorithm: str, data: Buffer | Iterable[Buffer], backend: Backend | str | None = None) -> str:
    """Return the digest of *data* as lower-case hexadecimal digits."""
    return hash_bytes(algorithm, data, backend).hex()


def hash_base64(algorithm: str, data: Buffer | Iterable[Buffer], backend: Backend | str | None = None) -> str:
    """Return the digest of *data* in base64, on one line."""
    return base64.b64encode(hash_bytes(algorithm, data, backend)).decode("ascii")


class Hash:
    """A hash that takes its message in pieces; any digest may be followed by more.

    Args:
        algorithm: A `HashAlgorithm` or its name, such as ``sha256``.
        backend: Who does the work, or its name; None for what `iochan.crypto.choice` finds best.

    Raises:
        UnknownAlgorithm: The name is unknown.
        AlgorithmUnavailable: No backend here has it.
    """

    __slots__ = ("_context", "algorithm", "backend", "update")

    def __init__(self, algorithm: str, backend: Backend | str | None = None) -> None:
        self.algorithm = named(HashAlgorithm, algorithm)
        self.backend = _choose(self.algorithm, backend)
        self._take(self.backend.hash(self.algorithm))

    def _take(self, context: DigestContext) -> None:
        self._context = context
        self.update = context.update
        """Add bytes to the message: the backend's own call, with nothing in between."""

    @override
    def __repr__(self) -> str:
        return f"<Hash {self.algorithm} by {self.backend.name}>"

    def digest(self) -> bytes:
        """Return the digest of all that was added so far."""
        return self._context.digest()

    def hexdigest(self) -> str:
        """Return it as lower-case hexadecimal digits."""
        return self._context.digest().hex()

    def base64(self) -> str:
        """Return it in base64, on one line."""
        return base64.b64encode(self._context.digest()).decode("ascii")

    def copy(self) -> Hash:
        """Return a second hash with the same message so far."""
        twin = object.__new__(Hash)
        twin.algorithm, twin.backend = self.algorithm, self.backend
        twin._take(self._context.copy())
        return twin
