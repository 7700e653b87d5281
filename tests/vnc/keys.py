"""An RSA key that tests share: one takes a tenth of a second to make."""

from __future__ import annotations

import functools

from iochan.crypto.rsa import RsaPrivateKey

__all__ = ["ra2_key"]


@functools.cache
def ra2_key() -> RsaPrivateKey:
    """Return a key of 2048 bits."""
    return RsaPrivateKey.generate(2048)
