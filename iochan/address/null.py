"""Nothing: what is written vanishes, and reading finds the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.core.errors import AddressError, show_text

__all__ = ["NullAddress"]


@dataclass(frozen=True, slots=True)
class NullAddress(BaseAddress):
    """``null:``."""

    scheme: ClassVar[str] = "null"

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        if body:
            message = f"null: {show_text(body)} behind the colon: write null: alone"
            raise AddressError(message)
        return {}

    @override
    def body(self) -> str:
        return ""
