"""The object ``secret-keyring``, which QEMU calls ``secret_keyring``; both names will do."""

from __future__ import annotations

import dataclasses

from iochan.core.errors import SecretError
from iochan.objects import ObjectStore, ObjectType, Property
from iochan.secret import Secret
from iochan.secret.object import SEALED, open_secret
from iochan_ext.keyring.kernel import read_key

__all__ = ["QEMU_SECRET_KEYRING", "SECRET_KEYRING"]

_MAX_SERIAL = (1 << 31) - 1


def _build(
    serial: int,
    format: str,  # noqa: A002 - the property's name
    keyid: str | None,
    iv: str | None,
    objects: ObjectStore,
) -> Secret:
    if not 0 < abs(serial) <= _MAX_SERIAL:
        message = f"serial {serial} is no key of the keyring: `keyctl show` tells their numbers"
        raise SecretError(message)
    return open_secret(read_key(serial), format, keyid, iv, objects)


SECRET_KEYRING = ObjectType(
    "secret-keyring",
    {"serial": Property("int", required=True, doc="the number of the key"), **SEALED},
    _build,
    takes_objects=True,
)
"""``--object secret-keyring,id=…,serial=…``."""

QEMU_SECRET_KEYRING = dataclasses.replace(SECRET_KEYRING, name="secret_keyring")
"""The same under the name that QEMU has for it."""
