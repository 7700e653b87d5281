"""What every address has: a scheme, a body, options, and one text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import Field
from typing import Any, ClassVar, Self

from typing_extensions import override

from iochan.address.escape import escape, unescape
from iochan.address.option import check_options, print_options, read_options
from iochan.core.errors import AddressError, show_text

__all__ = ["BaseAddress", "print_path", "read_path"]


class BaseAddress(ABC):
    """The base of the address classes, each a frozen dataclass; it does no I/O.

    Attributes:
        scheme: What the text begins with.
        leaves_path: Whether a path after the authority belongs to a layer, as in ``ws+tcp://h:1/path``.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    scheme: ClassVar[str]
    leaves_path: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_options(self, self.scheme)
        self.check()

    @classmethod
    def from_parts(cls, body: str, options: Mapping[str, str]) -> Self:
        """Return the address whose text has this *body* and these *options*.

        Raises:
            AddressError: They are wrong.
        """
        return cls(**cls.read_body(body), **read_options(cls, cls.scheme, options))

    def options(self) -> list[tuple[str, str]]:
        """Return the options that are not at their defaults, as names and texts."""
        return print_options(self)

    @override
    def __str__(self) -> str:
        return self.scheme + ":" + self.join(self.body(), self.options())

    @classmethod
    @abstractmethod
    def read_body(cls, body: str) -> dict[str, Any]:
        """Return the fields that *body* gives, what stands between ``scheme:`` and the options."""

    @abstractmethod
    def body(self) -> str:
        """Return the canonical body."""

    def check(self) -> None:  # noqa: B027 - most addresses have nothing to check beyond their options
        """Check the fields, however the address was made.

        Raises:
            AddressError: One is wrong.
        """

    @classmethod
    def divide(cls, rest: str) -> tuple[str, str]:
        """Return the body and the query of *rest*, what stands behind ``scheme:``."""
        if "#" in rest:
            message = f"{cls.scheme}: an address has no fragment: write '#' as %23"
            raise AddressError(message)
        body, _, query = rest.partition("?")
        return body, query

    @classmethod
    def join(cls, body: str, options: Iterable[tuple[str, str]]) -> str:
        """Return *body* and *options* as they stand behind ``scheme:``."""
        query = "&".join(f"{name}={escape(text)}" for name, text in options)
        return f"{body}?{query}" if query else body


def read_path(scheme: str, body: str) -> str:
    """Return the path of *body*: ``///absolute``, or a relative one without slashes before it.

    Raises:
        AddressError: ``//name``, which is a host, or a NUL.
    """
    path = body.removeprefix("//")
    if path and path != body and not path.startswith("/"):
        message = f"{scheme}: {show_text(path)} stands where a host does: write {scheme}:///… or {scheme}:…"
        raise AddressError(message)
    return unescape(path)


def print_path(path: str) -> str:
    """Return the body that `read_path` reads as *path*."""
    return ("//" if path.startswith("/") else "") + escape(path)
