"""The table of schemes."""

from __future__ import annotations

from iochan.address import parse_stack
from iochan.address.scheme import ALIASES, SCHEMES


def test_every_scheme_is_that_of_its_class() -> None:
    assert len(SCHEMES) == 12
    assert all(kind.scheme == name for name, kind in SCHEMES.items())


def test_no_alias_hides_a_scheme() -> None:
    assert not ALIASES.keys() & SCHEMES.keys()


def test_an_alias_is_its_stack() -> None:
    for short, long in ALIASES.items():
        assert parse_stack(f"{short}://h:1") == parse_stack(f"{long}://h:1")
        assert str(parse_stack(f"x+{short}://h:1")) == f"x+{long}://h:1"
