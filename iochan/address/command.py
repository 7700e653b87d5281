"""A program whose standard input and output are the stream."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.core.errors import AddressError, show_text

__all__ = ["CommandAddress"]


@dataclass(frozen=True, slots=True)
class CommandAddress(BaseAddress):
    """``exec:ssh host nc x 1``: split into words as a shell would, but no shell runs it.

    The command is the rest of the text, without percent-encoding, so that options stand before it and a
    space ends them: ``tls+exec:?tls.creds=tls0 ssh host nc x 1``. A program whose name begins with ``?``
    is quoted.

    Attributes:
        argv: The program and its arguments, at least one word.
    """

    scheme: ClassVar[str] = "exec"

    argv: tuple[str, ...]

    @classmethod
    @override
    def divide(cls, rest: str) -> tuple[str, str]:
        if not rest.startswith("?"):
            return rest, ""
        query, _, body = rest[1:].partition(" ")
        return body, query

    @classmethod
    @override
    def join(cls, body: str, options: Iterable[tuple[str, str]]) -> str:
        query = super(CommandAddress, cls).join("", options)
        return f"{query} {body}" if query else body

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        try:
            return {"argv": tuple(shlex.split(body))}
        except ValueError as error:
            message = f"exec: {show_text(body)} cannot be split: {str(error).lower()}: close its quotes"
            raise AddressError(message) from None

    @override
    def body(self) -> str:
        return shlex.join(self.argv)

    @override
    def check(self) -> None:
        if not self.argv or not self.argv[0]:
            message = "exec: no program: write exec:program argument …"
            raise AddressError(message)
        if any("\0" in word for word in self.argv):
            message = "exec: a NUL in a word: no program can be given one"
            raise AddressError(message)
