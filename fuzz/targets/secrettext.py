"""Secrets in base64, sealed ones and those of objects: refused, or what came out goes back in."""

from __future__ import annotations

import base64
import json

from iochan.core.errors import AddressError, SecretError
from iochan.objects import ObjectStore
from iochan.secret import Secret, unseal
from iochan.secret.load import decode_base64

KEY = Secret(bytes(range(32)))


def check_message(error: Exception) -> None:
    """Check that the message of *error* is fit for a terminal."""
    assert str(error).isprintable(), f"not fit for a terminal: {error}"


def check_object(text: str) -> None:
    """Check that an object with *text* in a property is a secret, or refused."""
    given = {"qom-type": "secret", "id": "it", "data": text}
    for more in (
        {},
        {"format": "base64"},
        {"format": text},
        {"keyid": "key", "iv": text},
        {"keyid": text, "iv": ""},
    ):
        objects = ObjectStore()
        objects.add("secret,id=key,data=0123456789abcdef0123456789abcdef")
        try:
            made = objects.add(json.dumps(given | more))
        except (AddressError, SecretError) as error:
            check_message(error)
        else:
            assert isinstance(made, Secret)


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    check_object(data.decode(errors="surrogateescape"))
    check_object(data[: len(data) // 2 * 2].decode("utf-16-le", "surrogatepass"))
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
