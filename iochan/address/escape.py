"""Percent-encoding (RFC 3986, section 2.1) for names and paths that may hold any byte.

Text stands for bytes as in `os.fsencode`: UTF-8, with a surrogate for each byte that is none.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from iochan.core.errors import AddressError

__all__ = ["escape", "unescape"]

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ALWAYS_PLAIN = "/:@!$'()*,;~"


def escape(text: str, *, plain: str = _ALWAYS_PLAIN) -> str:
    """Return *text* with everything but letters, digits, ``_.-~`` and *plain* as ``%XX``.

    Raises:
        AddressError: A character of *text* stands for no bytes.
    """
    try:
        return quote(text, safe=plain, errors="surrogateescape")
    except UnicodeEncodeError as error:
        message = f"{text[error.start]!a} is half a character: write its bytes as %XX"
        raise AddressError(message) from None


def unescape(text: str) -> str:
    """Return *text* with each ``%XX`` as the byte that it means.

    Raises:
        AddressError: A ``%`` without two hexadecimal digits.
    """
    if wrong := _BAD_ESCAPE.search(text):
        message = f"{text[wrong.start() : wrong.start() + 3]!a} is no escape: write % itself as %25"
        raise AddressError(message)
    whole = unquote(text, errors="surrogateescape")
    # An escape beside a raw surrogate may complete a character, so that text and bytes have one form only.
    try:
        return whole.encode(errors="surrogateescape").decode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        message = f"{whole[error.start]!a} is half a character: write its bytes as %XX"
        raise AddressError(message) from None
