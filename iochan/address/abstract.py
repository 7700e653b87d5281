"""A Unix socket in Linux's abstract name space: a name without a file."""

from __future__ import annotations

import os
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.address.escape import escape, unescape
from iochan.address.inet import MAX_PORT
from iochan.address.option import BOOL, integer, option
from iochan.address.unix import MAX_UNIX_PATH
from iochan.core.errors import AddressError, show_text

__all__ = ["AbstractAddress"]


@dataclass(frozen=True, slots=True)
class AbstractAddress(BaseAddress):
    """``abstract://name``; the name may hold any byte, NUL as ``%00``.

    Attributes:
        name: At most 107 bytes, without the NUL that begins it on the wire.
        tight: Whether the name ends with its last byte; off pads it with NULs to the whole of
            ``sun_path``, which is another name to the kernel.
        backlog: How many connections wait to be accepted; None leaves it to the listener.
    """

    scheme: ClassVar[str] = "abstract"

    name: str
    _: KW_ONLY
    tight: bool = option(BOOL, True)
    backlog: int | None = option(integer(1, MAX_PORT))

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        if not body.startswith("//"):
            message = "abstract: no '//' behind the colon: write abstract://name"
            raise AddressError(message)
        return {"name": unescape(body[2:])}

    @override
    def body(self) -> str:
        return "//" + escape(self.name)

    @override
    def check(self) -> None:
        if not self.name:
            message = "abstract: no name: write abstract://name"
            raise AddressError(message)
        if (size := len(os.fsencode(self.name))) > MAX_UNIX_PATH:
            message = (
                f"abstract: {show_text(self.name)} has {size} bytes, and {MAX_UNIX_PATH} fit: shorten it"
            )
            raise AddressError(message)
