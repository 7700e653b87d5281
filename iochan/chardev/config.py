"""The configuration of a server of consoles, a TOML file.

::

    metrics = "tcp://127.0.0.1:9100"
    objects = ["tls-creds-x509,id=tls0,endpoint=server,dir=/etc/iochan/pki"]

    [console.router]
    chardev = "serial,path=/dev/ttyUSB0,baud=115200,logfile=/var/log/router.log"
    listen = ["unix:///run/router", { address = "tls+tcp://:7001?tls.creds=tls0", admin = "staff" }]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from iochan.address.value import as_count
from iochan.chardev.backend import ChardevBackend
from iochan.chardev.entrance import Entrance
from iochan.chardev.errors import ConfigError
from iochan.chardev.escape import parse_key
from iochan.chardev.options import ChardevStore
from iochan.core.errors import AddressError, show_known, show_text

__all__ = ["MAX_CONFIG", "Config", "ConsoleConfig", "read_config"]

MAX_CONFIG: Final = 16 << 20
"""Bytes of a configuration file."""

_TOP: Final = ("console", "metrics", "objects")
_CONSOLE: Final = ("chardev", "listen")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_SHOWN: Final = 64
_SLOW: Final = {"drop": False, "disconnect": True}


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """One console: its device, and where clients come in."""

    backend: ChardevBackend
    entrances: tuple[Entrance, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says.

    Attributes:
        consoles: By name.
        objects: The texts of the objects.
        metrics: Where the counters can be read; empty for nowhere.
    """

    consoles: Mapping[str, ConsoleConfig]
    objects: tuple[str, ...] = ()
    metrics: str = ""


class _Reader:
    """Takes values apart, and knows where they stand."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = text.splitlines()

    def fail(self, path: tuple[str, ...], what: str) -> ConfigError:
        """Return the error for what stands at *path*."""
        line = self._find(path)
        where = f"{self._name}: line {line}" if line else self._name
        # A key may hold anything, also what a terminal would obey.
        keys = ".".join(one if one.isprintable() and len(one) < _SHOWN else show_text(one) for one in path)
        return ConfigError(f"{where}: {keys}: {what}")

    def text(self, value: object, path: tuple[str, ...]) -> str:
        """Return *value*, which must be text."""
        if not isinstance(value, str):
            raise self.fail(path, "no text: write it in quotes")
        return value

    def table(self, value: object, path: tuple[str, ...], known: tuple[str, ...]) -> dict[str, Any]:
        """Return *value*, which must be a table with some of the keys *known*."""
        if not isinstance(value, dict):
            raise self.fail(path, f"no table: give it keys such as {known[0]}")
        for key in value:
            if key not in known:
                raise self.fail((*path, key), f"unknown key {show_known(key, known)}")
        return value

    def _find(self, path: tuple[str, ...]) -> int | None:
        """Return the number of the line that *path* stands in; None if that cannot be told.

        The TOML reader tells no places of values: the line is looked for by its last keys that stand
        at a beginning of a line, under the header of their table.
        """
        at = None
        header = ""
        plain = ".".join(part.partition("[")[0] for part in path) + "."
        for number, line in enumerate(self._lines, 1):
            stripped = line.strip()
            if stripped.startswith("["):
                header = stripped.split("#")[0].strip().strip("[]").replace('"', "").replace(" ", "")
                here = header
            else:
                key = re.match(r'"?([A-Za-z0-9_.-]+)"?\s*=', stripped)
                if key is None:
                    continue
                here = f"{header}.{key[1]}" if header else key[1]
            if plain.startswith(f"{here}."):
                at = number
        return at


def read_config(path: str) -> Config:
    """Return what the file *path* says; nothing is opened but the file.

    Raises:
        ConfigError: It is wrong; the message names the file, the line and the key.
        OSError: It cannot be read.
    """
    with Path(path).open("rb") as file:
        data = file.read(MAX_CONFIG + 1)
    return parse_config(data, path)


def parse_config(data: bytes, name: str = "configuration") -> Config:
    """Return what *data*, the content of the file *name*, says.

    Raises:
        ConfigError: As for `read_config`.
    """
    if len(data) > MAX_CONFIG:
        message = f"{name}: more than {MAX_CONFIG} bytes: it is no configuration"
        raise ConfigError(message)
    try:
        text = data.decode()
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = ascii(str(error)[:200].lower())[1:-1] or "too deep"
        message = f"{name}: no TOML: {reason}: mend it there"
        raise ConfigError(message) from None
    reader = _Reader(name, text)
    top = reader.table(values, (), _TOP)
    objects = top.get("objects", [])
    if not isinstance(objects, list):
        raise reader.fail(("objects",), 'no list: write ["TYPE,id=ID,…"]')
    consoles = top.get("console", {})
    if not isinstance(consoles, dict):
        raise reader.fail(("console",), "no table: write [console.NAME]")
    return Config(
        {one: _console(reader, one, value) for one, value in consoles.items()},
        tuple(reader.text(one, ("objects",)) for one in objects),
        reader.text(top.get("metrics", ""), ("metrics",)),
    )


def _console(reader: _Reader, name: str, value: object) -> ConsoleConfig:
    path = ("console", name)
    if not _NAME.fullmatch(name):
        raise reader.fail(path, "no name: begin with a letter, go on with letters, digits, '-', '.' and '_'")
    table = reader.table(value, path, _CONSOLE)
    if "chardev" not in table:
        raise reader.fail(path, 'no chardev: write chardev = "KIND,…"')
    text = reader.text(table["chardev"], (*path, "chardev"))
    store = ChardevStore()
    try:
        store.add(f"{text},id={name}")
    except AddressError as error:
        raise reader.fail((*path, "chardev"), str(error)) from error
    listen = table.get("listen", [])
    if not isinstance(listen, list):
        listen = [listen]
    entrances = [_entrance(reader, one, (*path, f"listen[{index}]")) for index, one in enumerate(listen)]
    return ConsoleConfig(store.backends[name], tuple(entrances))


_ENTRANCE: Final = (
    "address", "admin", "writer", "observer", "default", "escape", "notices", "queue", "slow",
    "admin-password", "writer-password", "observer-password",
)  # fmt: skip


def _entrance(reader: _Reader, value: object, path: tuple[str, ...]) -> Entrance:
    if isinstance(value, str):
        return Entrance(value)
    table = dict(reader.table(value, path, _ENTRANCE))
    if "address" not in table:
        raise reader.fail(path, "no address: every entrance has one")
    notices = table.pop("notices", True)
    if not isinstance(notices, bool):
        raise reader.fail((*path, "notices"), "write true or false")
    texts: dict[str, Any] = {
        key.replace("-", "_"): reader.text(one, (*path, key)) for key, one in table.items()
    }
    slow = texts.pop("slow", "drop")
    if slow not in _SLOW:
        raise reader.fail((*path, "slow"), f"{show_text(slow)} is none {show_known(slow, _SLOW)}")
    options: dict[str, Any] = {"notices": notices, "disconnect_slow": _SLOW[slow]}
    try:
        if "escape" in texts:
            options["escape"] = parse_key(texts.pop("escape"))
        if "queue" in texts:
            options["queue"] = as_count("queue", texts.pop("queue"), 1)
        return Entrance(**texts, **options)
    except AddressError as error:
        raise reader.fail(path, str(error)) from error
