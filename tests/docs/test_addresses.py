"""The page on addresses: each example parses and prints itself, and the table of options is whole."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from iochan.address import parse_stack
from iochan.address.scheme import ALIASES, SCHEMES
from iochan.objects import parse_object

PAGE = (Path(__file__).parents[2] / "docs/reference/addresses.md").read_text(encoding="utf-8")
HEAD = rf"(?:[a-z]+\+)*(?:{'|'.join([*SCHEMES, *ALIASES])})"
EXAMPLES = re.findall(rf"^\| `({HEAD}:[^`]*)` \| ([^`].*) \|$", PAGE, re.MULTILINE)
SHORT = re.findall(rf"^\| `({HEAD}:[^`]*)` \| `({HEAD}:[^`]*)` \|$", PAGE, re.MULTILINE)
BLOCKS = "".join(re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)).splitlines()
KNOWN = {"tls": ("creds", "hostname"), "ws": ("path",), "telnet": ("window",)}


def test_the_page_has_examples_of_every_scheme() -> None:
    assert {parse_stack(text).base.scheme for text, _ in EXAMPLES} == SCHEMES.keys()
    assert {text.partition(":")[0] for text, _ in SHORT} == ALIASES.keys()


@pytest.mark.parametrize("text", [text for text, _ in EXAMPLES] + BLOCKS[:1])
def test_an_example_is_canonical(text: str) -> None:
    assert str(parse_stack(text, KNOWN)) == text


@pytest.mark.parametrize(("text", "canonical"), SHORT)
def test_a_short_form_is_its_stack(text: str, canonical: str) -> None:
    assert str(parse_stack(text, KNOWN)) == canonical


def test_the_two_objects_are_the_same() -> None:
    pairs, json = BLOCKS[1:]
    assert parse_object(pairs) == parse_object(json)


def test_the_table_has_every_option() -> None:
    table = re.findall(r"^\| `([a-z]+)` \| `([a-z0-9-]+)` \| .* \| .* \|$", PAGE, re.MULTILINE)
    fields = [
        (name, item.name.replace("_", "-"))
        for name, kind in SCHEMES.items()
        for item in dataclasses.fields(kind)
        if "kind" in item.metadata
    ]
    assert sorted(table) == sorted(fields)
