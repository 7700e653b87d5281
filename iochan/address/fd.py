"""A descriptor that this process was given: by number, or by systemd."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.address.escape import escape, unescape
from iochan.core.errors import AddressError, show_text

__all__ = ["MAX_FD", "FdAddress"]

MAX_FD = 0x7FFFFFFF
MAX_NAME = 255

_NUMBER = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class FdAddress(BaseAddress):
    """``fd://7``, ``fd://systemd`` or ``fd://systemd/name``.

    Attributes:
        fd: The number; None for those that systemd passed (``LISTEN_FDS`` of sd_listen_fds(3)).
        name: One of ``LISTEN_FDNAMES``; empty for all that were passed.
    """

    scheme: ClassVar[str] = "fd"

    fd: int | None
    name: str = ""

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        which, slash, name = body.removeprefix("//").partition("/")
        if body.startswith("//"):
            if which == "systemd" and bool(slash) == bool(name):
                return {"fd": None, "name": unescape(name)}
            if _NUMBER.fullmatch(which) and not slash:
                return {"fd": int(which)}
        message = f"fd: {show_text(body)} is no descriptor: write fd://7, fd://systemd or fd://systemd/name"
        raise AddressError(message)

    @override
    def body(self) -> str:
        if self.fd is not None:
            return f"//{self.fd}"
        return "//systemd" + (f"/{escape(self.name)}" if self.name else "")

    @override
    def check(self) -> None:
        if self.fd is not None and (type(self.fd) is not int or not 0 <= self.fd <= MAX_FD or self.name):
            message = f"fd: {show_text(str(self.fd))} with name {show_text(self.name)}: write fd://7 alone"
            raise AddressError(message)
        if len(self.name) > MAX_NAME or ":" in self.name or not self.name.isprintable():
            message = f"fd: {show_text(self.name)} is no name of LISTEN_FDNAMES: it has no colon"
            raise AddressError(message)
