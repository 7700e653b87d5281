"""The object ``secret``: QEMU's properties, a descriptor, and ``trim`` for files that end with a newline."""

from __future__ import annotations

from iochan.core.errors import SecretError
from iochan.objects import ObjectStore, ObjectType, Property
from iochan.secret.load import decode_base64, decode_secret, load_data, load_fd, load_file
from iochan.secret.lookup import find_secret
from iochan.secret.seal import unseal
from iochan.secret.value import Secret

__all__ = ["SEALED", "SECRET", "open_secret"]

SEALED = {
    "format": Property("text", default="raw", doc="raw or base64; of the sealed value, where there is keyid"),
    "keyid": Property("text", doc="the id of the secret with the master key, 32 bytes"),
    "iv": Property("text", doc="the vector of a sealed value, 16 bytes in base64"),
}
"""The properties of every kind of secret: how its value is written."""


def open_secret(value: Secret, form: str, keyid: str | None, iv: str | None, objects: ObjectStore) -> Secret:
    """Return what *value* says, decoded, and decrypted where *keyid* is given.

    Raises:
        SecretError: It is not in its format, or does not open; *iv* is missing, or there without *keyid*.
    """
    decoded = decode_secret(value, form)
    if keyid is None:
        if iv is not None:
            message = "iv was given without keyid: name the secret with the master key, or leave iv out"
            raise SecretError(message)
        return decoded
    if iv is None:
        message = "keyid was given without iv: a sealed secret needs the vector that it was sealed with"
        raise SecretError(message)
    key = find_secret(objects, keyid)
    return unseal(decoded.as_bytes(), decode_base64(iv.encode("utf-8", "surrogatepass"), "iv"), key)


def _build(  # noqa: PLR0913, PLR0917 - one for each property
    data: str | None,
    file: str | None,
    fd: int | None,
    trim: bool,  # noqa: FBT001
    format: str,  # noqa: A002 - the property's name
    keyid: str | None,
    iv: str | None,
    objects: ObjectStore,
) -> Secret:
    given = [name for name, value in (("data", data), ("file", file), ("fd", fd)) if value is not None]
    if len(given) != 1:
        message = f"a secret has one of data, file and fd: {' and '.join(given) or 'none'} was given"
        raise SecretError(message)
    if data is not None:
        value = load_data(data)
    elif file is not None:
        value = load_file(file, trim=trim)
    else:
        assert fd is not None
        value = load_fd(fd, trim=trim)
    return open_secret(value, format, keyid, iv, objects)


SECRET = ObjectType(
    "secret",
    {
        "data": Property("text", doc="the value itself, which everybody on the machine can see", secret=True),
        "file": Property("path", doc="the file that is the value, its last newline included"),
        "fd": Property("int", doc="the descriptor that gives the value; read to its end and closed"),
        "trim": Property("bool", default=False, doc="whether one newline at the end is left out"),
        **SEALED,
    },
    _build,
    takes_objects=True,
)
"""``--object secret,id=…,file=…[,format=base64][,keyid=…,iv=…]``."""
