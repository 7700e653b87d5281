"""Which server a token stands for: websockify's token files, with what it takes to come in there.

A line is ``token: HOST:PORT``, or ``token: ADDRESS`` with any address of iochan, and behind it what the
gateway proves, a word each: ``user=NAME``, ``password-secret=ID``, ``tls-creds=ID``, ``hostname=NAME``,
``key=FINGERPRINT``.
Lines that begin with ``#`` say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from iochan.core.errors import AddressError, show_known, show_text

__all__ = ["MAX_FILE", "OPTIONS", "Entry", "find_token", "parse_tokens"]

MAX_FILE: Final = 1 << 20
"""Bytes of a file with tokens at most."""

OPTIONS: Final = frozenset({"user", "password-secret", "tls-creds", "hostname", "key"})
"""What may stand behind an address."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A server.

    Attributes:
        address: Where it is, as `iochan.connect` takes it.
        options: Those of `OPTIONS` that were written.
    """

    address: str
    options: Mapping[str, str] = field(default_factory=dict)


def parse_tokens(name: str, text: str) -> dict[str, Entry]:
    """Return what *text* says; *name* begins messages.

    Raises:
        AddressError: A line is wrong; the message has its number.
    """
    entries: dict[str, Entry] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        token, colon, rest = line.strip().partition(":")
        words = rest.split()
        if not colon or not token or not words:
            message = f"{name}, line {number}: no token: write TOKEN: HOST:PORT, or TOKEN: ADDRESS"
            raise AddressError(message)
        if token in entries:
            message = f"{name}, line {number}: token {show_text(token)} is there already: leave one out"
            raise AddressError(message)
        address = words[0] if "://" in words[0] or words[0].startswith("unix:") else f"tcp://{words[0]}"
        entries[token] = Entry(address, _options(f"{name}, line {number}", words[1:]))
    return entries


def _options(where: str, words: list[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in OPTIONS or not value:
            message = f"{where}: option {show_text(word)} is none {show_known(key, OPTIONS)}"
            raise AddressError(message)
        options[key] = value
    return options


def find_token(path: Path, token: str) -> Entry:
    """Return what *token* stands for in the file *path*, or in one of the files of a directory.

    The files are read each time, so that a change holds for whoever comes next.

    Raises:
        AddressError: There is no such token, or a file is wrong.
        OSError: A file cannot be read.
    """
    for file in _files(path):
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            message = f"{file}: more than {MAX_FILE} bytes of tokens: divide it"
            raise AddressError(message)
        entries = parse_tokens(str(file), data.decode("utf-8", "replace"))
        if token in entries:
            return entries[token]
    message = f"no server has the token {show_text(token)}: ask for one that is known"
    raise AddressError(message)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.iterdir()):
        if not file.name.startswith(".") and file.is_file():
            yield file
