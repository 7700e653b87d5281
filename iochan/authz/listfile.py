"""An access list in a JSON file, read anew when it changes."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any, NamedTuple

from typing_extensions import override

from iochan.authz.base import Authz
from iochan.authz.list import decide
from iochan.authz.rule import Policy, Rule, read_policy, read_rules
from iochan.core.errors import AddressError, show_known, show_text
from iochan.objects import ObjectType, Property

__all__ = ["AUTHZ_LIST_FILE", "MAX_LIST_FILE", "ListFileAuthz", "parse_list"]

MAX_LIST_FILE = 8 << 20
"""Bytes of one file."""

_SETTLED_NS = 2_000_000_000
"""So long after its last change a file's time tells reliably whether it changes again: file systems
have clocks of up to two seconds."""

_KEYS = ("policy", "rules")
_Stamp = tuple[int, ...]


class _State(NamedTuple):
    stamp: _Stamp | None
    rules: tuple[Rule, ...]
    policy: Policy
    fault: str | None


class ListFileAuthz(Authz):
    """Rules as `ListAuthz` has them, from the JSON file *filename*.

    The file is looked at whenever somebody is to come in. While it cannot be read, or holds something
    else, nobody comes in, and the refusal says what is wrong with it.

    Args:
        filename: The file.
        refresh: Whether a change counts; without it the file is read once.

    Raises:
        AddressError: The file is bad now.
    """

    def __init__(self, filename: str | os.PathLike[str], *, refresh: bool = True) -> None:
        self._path = Path(filename)
        self._refresh = refresh
        self._state = self._load()
        if self._state.fault is not None:
            raise AddressError(self._state.fault)

    @override
    def refusal(self, identity: str) -> str | None:
        # One assignment: a question in another thread sees the old list or the new one.
        state = self._state
        if self._refresh and (state.stamp is None or self._stamp() != state.stamp):
            state = self._state = self._load()
        if state.fault is not None:
            return state.fault
        return decide(state.rules, state.policy, identity)

    def _stamp(self) -> _Stamp | None:
        """Return what changes with the file; None when that cannot be told."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        if abs(time.time_ns() - found.st_ctime_ns) < _SETTLED_NS:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _load(self) -> _State:
        # Looked at before it is read, so that a change in between is seen the next time.
        stamp = self._stamp()
        try:
            rules, policy = parse_list(str(self._path), self._read())
        except AddressError as error:
            return _State(stamp, (), Policy.DENY, str(error))
        return _State(stamp, tuple(rules), policy, None)

    def _read(self) -> bytes:
        try:
            if not stat.S_ISREG(self._path.stat().st_mode):
                message = f"{self._path}: is no plain file: put the list into one"
                raise AddressError(message)
            with self._path.open("rb") as file:
                data = file.read(MAX_LIST_FILE + 1)
        except OSError as error:
            message = (
                f"{self._path}: cannot be read ({error.strerror}): mend that; nobody comes in until then"
            )
            raise AddressError(message) from error
        if len(data) > MAX_LIST_FILE:
            message = (
                f"{self._path}: is longer than {MAX_LIST_FILE} bytes: shorten it; nobody comes in until then"
            )
            raise AddressError(message)
        return data


def parse_list(owner: str, data: bytes) -> tuple[list[Rule], Policy]:
    """Return the rules and the default policy of *data*, JSON as `iochan.authz.rule` shows it.

    Raises:
        AddressError: It is something else; *owner* begins the message.
    """
    try:
        value: Any = json.loads(data, object_pairs_hook=_unique)
    except AddressError as error:
        raise AddressError(f"{owner}: {error}") from None
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        message = f"{owner}: is no JSON{where}: mend it; nobody comes in until then"
        raise AddressError(message) from None
    if not isinstance(value, dict):
        message = f'{owner}: is no object: write {{"policy": "deny", "rules": […]}}'
        raise AddressError(message)
    for key in value:
        if key not in _KEYS:
            message = f"{owner}: unknown key {show_text(key)} {show_known(key, _KEYS)}"
            raise AddressError(message)
    return read_rules(owner, value.get("rules", [])), read_policy(owner, value.get("policy", "deny"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key is given twice in one object: give it once"
        raise AddressError(message)
    return found


AUTHZ_LIST_FILE = ObjectType(
    "authz-list-file",
    {
        "filename": Property("path", required=True, doc="the JSON file with policy and rules"),
        "refresh": Property("bool", default=True, doc="whether the file is read anew when it changes"),
    },
    ListFileAuthz,
)
"""``--object authz-list-file,id=…,filename=…,refresh=…``."""
