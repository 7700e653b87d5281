"""What all addresses share: they are values, and each has one text."""

from __future__ import annotations

import dataclasses

import pytest

from iochan.address import BaseAddress, FileAddress, InetAddress
from iochan.address.scheme import SCHEMES
from iochan.core.errors import AddressError


@pytest.mark.parametrize("kind", SCHEMES.values(), ids=SCHEMES)
def test_an_address_is_a_frozen_slotted_value(kind: type[BaseAddress]) -> None:
    assert issubclass(kind, BaseAddress)
    assert dataclasses.is_dataclass(kind)
    assert "__slots__" in vars(kind)


def test_a_field_cannot_be_changed() -> None:
    address = InetAddress("h", 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        address.port = 2  # type: ignore[misc] # what is tested
    assert not hasattr(address, "__dict__")


def test_equal_addresses_hash_alike() -> None:
    assert {InetAddress("h", 1), InetAddress("h", 1)} == {InetAddress("h", 1)}


def test_from_parts_takes_body_and_options() -> None:
    assert FileAddress.from_parts("///x", {"mode": "w"}) == FileAddress("/x", mode="w")
    with pytest.raises(AddressError, match="did you mean 'mode'"):
        FileAddress.from_parts("///x", {"mod": "w"})


def test_options_at_their_defaults_are_not_printed() -> None:
    assert str(FileAddress("/x", mode="r", permissions=0o666)) == "file:///x"
    assert FileAddress("/x", mode="a").options() == [("mode", "a")]
