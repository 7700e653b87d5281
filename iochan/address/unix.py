"""A Unix socket in the file system."""

from __future__ import annotations

import os
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress, print_path, read_path
from iochan.address.inet import MAX_PORT
from iochan.address.option import integer, option
from iochan.core.errors import AddressError, show_text

__all__ = ["MAX_UNIX_PATH", "UnixAddress"]

MAX_UNIX_PATH = 107
"""Bytes: ``sun_path`` has 108 on Linux, and a NUL ends it."""


@dataclass(frozen=True, slots=True)
class UnixAddress(BaseAddress):
    """``unix:///run/x``, or ``unix:x`` below the working directory.

    Attributes:
        path: At most 107 bytes.
        backlog: How many connections wait to be accepted; None leaves it to the listener.
    """

    scheme: ClassVar[str] = "unix"

    path: str
    _: KW_ONLY
    backlog: int | None = option(integer(1, MAX_PORT))

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        return {"path": read_path(cls.scheme, body)}

    @override
    def body(self) -> str:
        return print_path(self.path)

    @override
    def check(self) -> None:
        if not self.path or "\0" in self.path:
            message = f"unix: {show_text(self.path)} is no path: write unix:///path, or abstract://name"
            raise AddressError(message)
        if (size := len(os.fsencode(self.path))) > MAX_UNIX_PATH:
            message = f"unix: {show_text(self.path)} has {size} bytes, and {MAX_UNIX_PATH} fit: shorten it"
            raise AddressError(message)
