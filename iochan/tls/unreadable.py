"""What reading a certificate can raise: OpenSSL lets pass what ``cryptography`` refuses, and not at once."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

__all__ = ["UNREADABLE"]

UNREADABLE: Final = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""For ``except``; an error of iochan's own that is a `ValueError` has to be caught before."""
