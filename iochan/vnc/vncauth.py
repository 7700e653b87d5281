"""VncAuth: a challenge encrypted with DES, whose key is the password (RFC 6143, 7.2.2).

Eight characters count, and whoever hears both sides can try all of them: use it inside TLS.
"""

from __future__ import annotations

import hmac
import os
from typing import Final

from iochan.crypto.cipher import Cipher
from iochan.secret.value import Secret

__all__ = ["CHALLENGE_SIZE", "answer", "is_answer", "make_challenge"]

CHALLENGE_SIZE: Final = 16
_KEY_SIZE: Final = 8
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def make_challenge() -> bytes:
    """Return fresh random bytes, for one connection."""
    return os.urandom(CHALLENGE_SIZE)


def answer(password: Secret, challenge: bytes) -> bytes:
    """Return *challenge* as who knows *password* sends it back; only its first 8 bytes count."""
    # Each byte of the key counts from its lowest bit, an error of the first program that everybody copied.
    key = bytes(password.view()[:_KEY_SIZE]).ljust(_KEY_SIZE, b"\0").translate(_MIRRORED)
    return Cipher("des", "ecb", key).encrypt(challenge)


def is_answer(password: Secret, challenge: bytes, response: bytes) -> bool:
    """Tell whether *response* is that of who knows *password*, in a time that does not tell how nearly."""
    return hmac.compare_digest(answer(password, challenge), response)
