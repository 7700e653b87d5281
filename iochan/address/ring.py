"""A ring of bytes in this process."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.address.option import integer, option
from iochan.core.errors import AddressError, show_text

__all__ = ["RingAddress"]


@dataclass(frozen=True, slots=True)
class RingAddress(BaseAddress):
    """``ring:`` or ``ring:?size=4096``.

    Attributes:
        size: Bytes that are kept.
    """

    scheme: ClassVar[str] = "ring"

    _: KW_ONLY
    size: int = option(integer(1, 1 << 30), 65536)

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        if body:
            message = f"ring: {show_text(body)} behind the colon: write ring: alone, or ring:?size=…"
            raise AddressError(message)
        return {}

    @override
    def body(self) -> str:
        return ""
