"""What goes wrong with encrypted images."""

from __future__ import annotations

from iochan.core.errors import CryptoError

__all__ = ["LuksError", "WrongPassword"]


class LuksError(CryptoError, ValueError):
    """A header that is damaged, or says what cannot be; or a change that would lose the image."""


class WrongPassword(LuksError):  # noqa: N818 - says what is so
    """No key slot opens with the password that was given."""
