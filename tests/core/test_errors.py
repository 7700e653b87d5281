"""The error tree is what its docstring draws, and every error is also what a Python reader expects."""

from __future__ import annotations

import builtins
import inspect
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core import errors

LINE = re.compile(r"^ *(?P<rails>[│├└─ ]*)(?P<name>[A-Z]\w+) *(?:\((?P<second>[\w.]+)\))?")


def drawn() -> dict[str, tuple[str | None, str | None]]:
    """Return for each class of the drawing its parent in the tree, and the built-in in parentheses."""
    assert errors.__doc__ is not None
    lines = errors.__doc__.partition("::\n")[2].splitlines()
    tree: dict[str, tuple[str | None, str | None]] = {}
    above: list[str] = []
    for match in filter(None, map(LINE.match, lines)):
        depth = len(match["rails"]) // 4
        tree[match["name"]] = (above[depth - 1] if depth else None, match["second"])
        above[depth:] = [match["name"]]
    return tree


def defined() -> dict[str, type[Exception]]:
    """Return the error classes of the module by name."""
    found = inspect.getmembers(errors, inspect.isclass)
    return {name: each for name, each in found if issubclass(each, Exception)}


def builtin_of(name: str) -> type:
    """Return the class that the drawing names in parentheses."""
    found = io.UnsupportedOperation if name == "io.UnsupportedOperation" else getattr(builtins, name)
    assert isinstance(found, type)
    return found


DRAWN = drawn()


def test_the_drawing_has_every_class_and_no_other() -> None:
    assert set(DRAWN) == set(defined())


def test_every_error_is_exported() -> None:
    assert set(errors.__all__) == {*defined(), "show_bytes", "show_known", "show_text"}


@pytest.mark.parametrize("name", DRAWN)
def test_the_parent_is_the_one_drawn(name: str) -> None:
    parent, _ = DRAWN[name]
    first_base = defined()[name].__bases__[0]
    assert first_base is (defined()[parent] if parent else Exception)


@pytest.mark.parametrize("name", DRAWN)
def test_the_second_base_is_the_builtin_drawn(name: str) -> None:
    _, second = DRAWN[name]
    assert defined()[name].__bases__[1:] == ((builtin_of(second),) if second else ())


def test_an_early_end_says_how_much_came() -> None:
    error = errors.UnexpectedEOF(3, 16)
    assert (error.got, error.wanted) == (3, 16)
    assert str(error) == "the stream ended after 3 of 16 bytes"


def test_an_unsupported_feature_names_itself() -> None:
    error = errors.UnsupportedFeature("a pipe cannot seek: use a file", "SEEK")
    assert error.feature == "SEEK"
    assert str(error) == "a pipe cannot seek: use a file"


def test_control_characters_of_a_peer_do_not_reach_the_terminal() -> None:
    assert errors.show_bytes(b"\x1b[2J\xff") == r"b'\x1b[2J\xff'"


def test_a_cut_is_shown() -> None:
    assert errors.show_bytes(b"a" * 64) == f"b'{'a' * 64}'"
    assert errors.show_bytes(b"a" * 65).startswith(f"b'{'a' * 64}'")
    assert errors.show_bytes(b"a" * 65) != errors.show_bytes(b"a" * 64)


@given(st.binary(max_size=200))
def test_peer_bytes_are_shown_alike_from_any_kind_of_buffer(data: bytes) -> None:
    shown = errors.show_bytes(data)
    assert shown.isprintable()
    assert errors.show_bytes(bytearray(data)) == errors.show_bytes(memoryview(data)) == shown


def test_an_unknown_name_is_told_what_is_known_and_what_it_may_mean() -> None:
    assert errors.show_known("keepaliev", ["to", "keep-alive"]) == (
        "(known: keep-alive, to; did you mean 'keep-alive'?)"
    )
    assert errors.show_known("x", []) == "(known: none)"


def test_text_is_shown_quoted_and_cut() -> None:
    assert errors.show_text("a\x1bé") == r"'a\x1b\xe9'"
    assert errors.show_text("x" * 65) == repr("x" * 64) + "…"
