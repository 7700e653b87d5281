"""This process's own standard input and output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from iochan.address.base import BaseAddress
from iochan.core.errors import AddressError, show_text

__all__ = ["StdioAddress"]


@dataclass(frozen=True, slots=True)
class StdioAddress(BaseAddress):
    """``stdio:``."""

    scheme: ClassVar[str] = "stdio"

    @classmethod
    @override
    def read_body(cls, body: str) -> dict[str, Any]:
        if body:
            message = f"stdio: {show_text(body)} behind the colon: write stdio: alone"
            raise AddressError(message)
        return {}

    @override
    def body(self) -> str:
        return ""
