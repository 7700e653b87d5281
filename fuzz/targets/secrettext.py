"""Secrets in base64 and sealed ones: refused with `SecretError`, or what came out goes back in."""

from __future__ import annotations

import base64

from iochan.core.errors import SecretError
from iochan.secret import Secret, unseal
from iochan.secret.load import decode_base64

KEY = Secret(bytes(range(32)))


def check_message(error: Exception) -> None:
    """Check that the message of *error* is fit for a terminal."""
    assert str(error).isprintable(), f"not fit for a terminal: {error}"


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    try:
        value = decode_base64(data, "it")
    except SecretError as error:
        check_message(error)
    else:
        again, text = base64.b64encode(value), data.replace(b"\n", b"")
        # The last letter may have bits that no byte has (RFC 4648, 3.5): QEMU does not look at them either.
        assert len(again) == len(text)
        assert again[:-4] == text[:-4]
    try:
        opened = unseal(data[16:], data[:16], KEY)
    except SecretError:
        return
    assert len(data) - 16 - 16 <= len(opened) < len(data) - 16
