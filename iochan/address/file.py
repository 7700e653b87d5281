"""A file, by path."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress, print_path, read_path
from iochan.address.option import OCTAL, choice, option
from iochan.core.errors import AddressError, show_text

__all__ = ["FileAddress"]


@dataclass(frozen=True, slots=True)
class FileAddress(BaseAddress):
    """``file:///path``, or ``file:path`` below the working directory.

    Attributes:
        path: Where it is.
        mode: ``r`` reads what is there; ``w`` makes it or empties it, and writes; ``a`` makes it or writes
            at its end; ``rw`` makes it or keeps what is there, and does both.
        permissions: Of a file that is made, before the umask.
    """

    scheme: ClassVar[str] = "file"

    path: str
    _: KW_ONLY
    mode: str = option(choice("r", "w", "a", "rw"), "r")
    permissions: int = option(OCTAL, 0o666)

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
            message = f"file: {show_text(self.path)} is no path: write file:///path"
            raise AddressError(message)
