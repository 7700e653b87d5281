"""An endpoint between a virtual machine and its host."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.address.inet import MAX_PORT
from iochan.address.option import integer, option
from iochan.core.errors import AddressError, show_text

__all__ = ["ANY_CID", "VsockAddress"]

ANY_CID = 0xFFFFFFFF
"""Every context, for listening: ``any`` in text (VMADDR_CID_ANY of vsock(7))."""

_NUMBER = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class VsockAddress(BaseAddress):
    """``vsock://cid:port``, or ``vsock://any:port`` to listen.

    Attributes:
        cid: The context: 2 is the host, 1 this machine itself, 4294967295 (``ANY_CID``) every one.
        port: 0 to 4294967295; the last is any free one when listening.
        backlog: How many connections wait to be accepted; None leaves it to the listener.
    """

    scheme: ClassVar[str] = "vsock"
    leaves_path: ClassVar[bool] = True

    cid: int
    port: int
    _: KW_ONLY
    backlog: int | None = option(integer(1, MAX_PORT))

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        cid, _, port = body.removeprefix("//").partition(":")
        cid = str(ANY_CID) if cid == "any" else cid
        if not body.startswith("//") or not _NUMBER.fullmatch(cid) or not _NUMBER.fullmatch(port):
            message = f"vsock: {show_text(body)} is no context and port: write vsock://2:1234"
            raise AddressError(message)
        return {"cid": int(cid), "port": int(port)}

    @override
    def body(self) -> str:
        return f"//{'any' if self.cid == ANY_CID else self.cid}:{self.port}"

    @override
    def check(self) -> None:
        for name, number in (("context", self.cid), ("port", self.port)):
            if type(number) is not int or not 0 <= number <= 0xFFFFFFFF:
                message = f"vsock: {show_text(str(number))} is no {name}: write a number below 4294967296"
                raise AddressError(message)
