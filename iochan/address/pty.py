"""A new pseudo-terminal."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress, print_path, read_path
from iochan.address.option import COMMAND, option
from iochan.core.errors import AddressError, show_text

__all__ = ["PtyAddress"]


@dataclass(frozen=True, slots=True)
class PtyAddress(BaseAddress):
    """``pty:``, ``pty:///tmp/link`` or ``pty:?command=/bin/sh%20-i``.

    Attributes:
        link: Where a symbolic link to the terminal is made; empty for none.
        command: The program that runs on the terminal, and its arguments; empty for none.
    """

    scheme: ClassVar[str] = "pty"

    link: str = ""
    _: KW_ONLY
    command: tuple[str, ...] = option(COMMAND, ())

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        return {"link": read_path(cls.scheme, body)}

    @override
    def body(self) -> str:
        return print_path(self.link)

    @override
    def check(self) -> None:
        if "\0" in self.link:
            message = f"pty: {show_text(self.link)} is no path: write pty:///path"
            raise AddressError(message)
