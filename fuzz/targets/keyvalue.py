"""Object text, key=value or JSON: it makes one object of typed values, or is an `AddressError`."""

from __future__ import annotations

from iochan.core.errors import AddressError
from iochan.objects import ObjectStore, ObjectType, Property

KIND = ObjectType(
    "thing",
    {
        "dir": Property("path"),
        "verify": Property("bool", default=True),
        "count": Property("int"),
        "size": Property("size", default=0),
        "more": Property("json"),
        "password": Property("bool", secret=True),
    },
    dict,
)


def check_message(error: AddressError) -> None:
    """Check that the message of *error* is fit for a terminal."""
    assert str(error).isprintable(), f"not fit for a terminal: {error}"


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    text = data.decode(errors="surrogateescape")
    store = ObjectStore()
    store.register_type(KIND)
    try:
        made = store.add(text)
    except AddressError as error:
        check_message(error)
        return
    assert isinstance(made, dict)
    assert made.keys() == KIND.properties.keys()
    assert isinstance(made["verify"], bool)
    assert isinstance(made["size"], int)
    assert made["size"] >= 0
    try:
        store.add(text)
    except AddressError:
        return
    raise AssertionError("one id for two objects")
