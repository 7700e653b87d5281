"""A serial port and its line settings."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress, print_path, read_path
from iochan.address.option import choice, integer, option
from iochan.core.errors import AddressError, show_text

__all__ = ["SerialAddress"]


@dataclass(frozen=True, slots=True)
class SerialAddress(BaseAddress):
    """``serial:///dev/ttyS0?baud=115200``.

    Attributes:
        path: The device.
        baud: Bits a second.
        data_bits: Bits a character.
        parity: What the parity bit is.
        stop_bits: ``1``, ``1.5`` or ``2``.
        flow: How the other side is held back.
    """

    scheme: ClassVar[str] = "serial"

    path: str
    _: KW_ONLY
    baud: int = option(integer(1, 20_000_000), 9600)
    data_bits: int = option(integer(5, 8), 8)
    parity: str = option(choice("none", "even", "odd", "mark", "space"), "none")
    stop_bits: str = option(choice("1", "1.5", "2"), "1")
    flow: str = option(choice("none", "rtscts", "dsrdtr", "xonxoff"), "none")

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
            message = f"serial: {show_text(self.path)} is no path: write serial:///dev/…"
            raise AddressError(message)
