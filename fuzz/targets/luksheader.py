"""The header of a LUKS image, as anybody may hand it over: refused with `LuksError`, or it packs again."""

from __future__ import annotations

from iochan.crypto.block.errors import LuksError
from iochan.crypto.block.header import pack_header, parse_header


def check_message(error: Exception) -> None:
    """Check that the message of *error* is fit for a terminal."""
    assert str(error).isprintable(), f"not fit for a terminal: {error}"


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    try:
        header = parse_header(data)
    except LuksError as error:
        check_message(error)
        return
    assert parse_header(pack_header(header)) == header
