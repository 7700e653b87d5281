"""Secrets under a master key: AES-256-CBC with the padding of PKCS#7, as QEMU's ``keyid`` has it."""

from __future__ import annotations

from typing import Final

from iochan.core.errors import SecretError
from iochan.crypto.cipher import Cipher
from iochan.crypto.names import CipherAlgorithm, CipherMode
from iochan.crypto.random import random_bytes
from iochan.secret.value import Secret

__all__ = ["IV_LENGTH", "KEY_LENGTH", "seal", "unseal"]

KEY_LENGTH: Final = 32
"""Bytes of a master key."""

IV_LENGTH: Final = 16
"""Bytes of a vector, which is no secret and must never be used twice with a key."""

_BLOCK: Final = 16


def seal(secret: Secret, key: Secret) -> tuple[bytes, bytes]:
    """Return *secret* encrypted under *key*, and the new vector that it was encrypted with.

    Raises:
        SecretError: *key* has not `KEY_LENGTH` bytes.
    """
    iv = random_bytes(IV_LENGTH)
    count = _BLOCK - len(secret) % _BLOCK
    padded = bytearray(len(secret) + count)
    padded[: len(secret)] = secret.view()
    padded[len(secret) :] = bytes([count]) * count
    try:
        return _cipher(key, iv).encrypt(padded), iv
    finally:
        padded[:] = bytes(len(padded))


def unseal(sealed: bytes, iv: bytes, key: Secret) -> Secret:
    """Return what *sealed* holds: the counterpart of `seal`.

    Unlike QEMU it looks at every byte of the padding, and wants at least one: a wrong key is told in all but
    one of 256 cases, and no value that is whole by accident comes out.

    Raises:
        SecretError: A length is wrong, or the padding is: the key, the vector or the data is another.
    """
    if len(iv) != IV_LENGTH:
        message = f"the vector of a sealed secret has {len(iv)} bytes: it must have {IV_LENGTH}"
        raise SecretError(message)
    if not sealed or len(sealed) % _BLOCK:
        message = f"the sealed secret has {len(sealed)} bytes: blocks of {_BLOCK} are needed, copy it whole"
        raise SecretError(message)
    plain = bytearray(len(sealed))
    try:
        _cipher(key, iv).decrypt_into(sealed, plain)
        count = plain[-1]
        if not 1 <= count <= _BLOCK or plain[-count:] != bytes([count]) * count:
            message = "the sealed secret does not open: the master key, the vector or the data is another"
            raise SecretError(message)
        return Secret(memoryview(plain)[: len(plain) - count])
    finally:
        plain[:] = bytes(len(plain))


def _cipher(key: Secret, iv: bytes) -> Cipher:
    if len(key) != KEY_LENGTH:
        message = f"the master key has {len(key)} bytes: it must have {KEY_LENGTH}, before any base64"
        raise SecretError(message)
    cipher = Cipher(CipherAlgorithm.AES_256, CipherMode.CBC, key.view())
    cipher.set_iv(iv)
    return cipher
