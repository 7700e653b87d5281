"""A chardev's option text: refused with an address error, or a device whose address can be read back."""

from __future__ import annotations

from iochan.address import parse_stack
from iochan.chardev.options import KINDS, ChardevStore
from iochan.core.errors import AddressError


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    text = data.decode(errors="surrogateescape")
    store = ChardevStore()
    try:
        identity = store.add(text)
    except AddressError as error:
        assert str(error).isprintable(), str(error)
        assert not store.backends
        return
    backend = store.backends[identity]
    assert backend.kind in KINDS
    assert backend.options.patience >= 0
    if backend.kind != "address":
        for address in filter(None, (backend.address, backend.source)):
            assert str(parse_stack(address)) == address
    try:
        store.add(text)
    except AddressError:
        return
    message = f"{identity} was taken twice"
    raise AssertionError(message)
