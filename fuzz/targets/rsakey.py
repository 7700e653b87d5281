"""RSA keys in DER: refused with `CryptoError`, or their public part is the one that was read."""

from __future__ import annotations

from iochan.core.errors import CryptoError
from iochan.crypto.rsa import RsaPrivateKey, RsaPublicKey


def check_message(error: Exception) -> None:
    """Check that the message of *error* is fit for a terminal."""
    assert str(error).isprintable(), f"not fit for a terminal: {error}"


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    for make in (RsaPublicKey, RsaPrivateKey):
        try:
            key = make(data)
        except CryptoError as error:
            check_message(error)
            continue
        assert RsaPublicKey(key.public_der()).public_der() == key.public_der()
