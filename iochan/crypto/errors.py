"""What goes wrong in cryptography; no message shows a key, a password or plain text."""

from __future__ import annotations

from iochan.core.errors import CryptoError

__all__ = [
    "AlgorithmUnavailable",
    "AuthenticationFailed",
    "BackendMissing",
    "LengthError",
    "UnknownAlgorithm",
]


class UnknownAlgorithm(CryptoError, ValueError):  # noqa: N818 - says what is so
    """A name that no algorithm has."""

    def __init__(self, kind: str, name: str, known: str) -> None:
        super().__init__(f"unknown {kind} {name!r} {known}")
        self.kind = kind
        self.name = name


class AlgorithmUnavailable(CryptoError, NotImplementedError):  # noqa: N818 - says what is so
    """An algorithm that no backend present has; the message says which backends would."""


class BackendMissing(CryptoError, ImportError):  # noqa: N818 - says what is so
    """A backend whose library is not on this machine; the message says which, and how it is installed."""


class LengthError(CryptoError, ValueError):
    """A key, an initialisation vector or a buffer that has the wrong length."""

    def __init__(self, what: str, length: int, wanted: str) -> None:
        super().__init__(f"{what} has {length} bytes: {wanted}")
        self.what = what
        self.length = length


class AuthenticationFailed(CryptoError):  # noqa: N818 - says what is so
    """A tag, a signature or a digest that does not fit the data; nothing of it may be used."""
