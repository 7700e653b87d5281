"""How long tries of a password may take, which the header of an image says, and anybody may have written."""

from __future__ import annotations

import time
from typing import Final

from iochan.crypto.backend import Backend
from iochan.crypto.block.errors import LuksError
from iochan.crypto.block.header import DIGEST_LENGTH, SALT_LENGTH, LuksHeader
from iochan.crypto.choice import remembered
from iochan.crypto.kdf import pbkdf2
from iochan.crypto.names import HashAlgorithm

__all__ = ["UNLOCK_SECONDS", "Effort"]

UNLOCK_SECONDS: Final = 60.0
"""How long trying a password may take, unless told otherwise; a slot takes its maker 2 s, most often."""

_SAMPLE: Final = 1 << 15


class Effort:
    """What may be spent on one password, in seconds of this processor.

    Args:
        seconds: The most; None for any time.
        backend: Who does the work.
    """

    __slots__ = ("_backend", "_seconds", "_spent")

    def __init__(self, seconds: float | None, backend: Backend | str | None) -> None:
        self._seconds = seconds
        self._spent = 0.0
        self._backend = backend

    def spend(self, header: LuksHeader, number: int) -> None:
        """Count a try of slot *number* before it is made: once begun, nothing stops it.

        Raises:
            LuksError: It, with the tries before it, would take longer.
        """
        if self._seconds is None:
            return
        iterations = header.slots[number].iterations
        rounds = _blocks(header, header.key_length) * iterations
        rounds += _blocks(header, DIGEST_LENGTH) * header.digest_iterations
        self._spent += rounds / _speed(header.hash, self._backend)
        if self._spent > self._seconds:
            message = (
                f"LUKS key slot {number} has {iterations} iterations, and the master key "
                f"{header.digest_iterations}: with the slots before they would take this processor "
                f"{self._spent:.0f} s, and {self._seconds:g} s are allowed; allow more if you trust the image"
            )
            raise LuksError(message)


def _blocks(header: LuksHeader, length: int) -> int:
    """Return how often PBKDF2 does all its iterations for *length* bytes."""
    return -(-length // header.hash.digest_length)


@remembered
def _speed(algorithm: HashAlgorithm, backend: Backend | str | None) -> float:
    """Return how many iterations, each for one block, a second of this thread's own time does."""
    salt, length = bytes(SALT_LENGTH), algorithm.digest_length
    pbkdf2(algorithm, b"password", salt, 1, length, backend)  # loads what has to be loaded
    begun = time.thread_time()
    pbkdf2(algorithm, b"password", salt, _SAMPLE, length, backend)
    return _SAMPLE / max(time.thread_time() - begun, 1e-6)
