"""Plain files beside a WebSocket: the page that opens it, its scripts and pictures.

Strict on purpose. A path names a file below the root by its plain parts; whatever else a path can be
(dots, hidden names, empty parts, backslashes, control characters) does not exist here.
"""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote, unquote_to_bytes

from iochan.core.channel import Channel
from iochan.core.errors import AddressError, HandshakeError, show_text
from iochan.core.op import Op

__all__ = ["Page", "PageAsked", "StaticFiles", "send_page_op"]

_INDEX: Final = "index.html"
_PIECE: Final = 65536
_UNSAFE: Final = frozenset(map(chr, range(32))) | {"\\", "\x7f"}
# Without the system's own list, which differs from machine to machine.
_TYPES: Final = mimetypes.MimeTypes()
_TYPES.add_type("text/javascript", ".js")
_TYPES.add_type("text/javascript", ".mjs")
_HEADERS: Final = {
    "Connection": "close",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that is no WebSocket.

    Attributes:
        status: The HTTP status.
        headers: What its head says beside the fixed ones.
        body: The body, if it is no file.
        file: The open file with the body; who sends the page closes it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    file: IO[bytes] | None = None

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()


class PageAsked(HandshakeError):  # noqa: N818 - names the state
    """The request is for a page, not for a WebSocket.

    Attributes:
        page: The answer.
    """

    def __init__(self, path: str, page: Page) -> None:
        super().__init__(f"answered a request for the page {show_text(path)} with {page.status}")
        self.page = page


class StaticFiles:
    """The files below *root*.

    Args:
        root: A directory. Links in it are followed as long as they stay below it.

    Raises:
        AddressError: *root* is no directory.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        try:
            self._root = Path(root).resolve(strict=True)
        except OSError as error:
            message = f"files={os.fspath(root)!r}: {error.strerror}: name a directory"
            raise AddressError(message) from error
        if not self._root.is_dir():
            message = f"files={os.fspath(root)!r}: no directory: name one"
            raise AddressError(message)

    def find(self, method: str, target: str) -> Page:
        """Return the answer to a request.

        Args:
            method: The request's method.
            target: Its path, perhaps with a query.
        """
        page = self._find(method, target)
        if method != "HEAD":
            return page
        page.close()
        return Page(page.status, page.headers)

    def _find(self, method: str, target: str) -> Page:
        if method not in {"GET", "HEAD"}:
            return _say(405, "Only GET and HEAD are answered here.", {"Allow": "GET, HEAD"})
        parts = _split(target)
        page = None if parts is None else self._open(parts)
        return _say(404, "There is no such file.") if page is None else page

    def _open(self, parts: list[str]) -> Page | None:
        try:
            path = self._root.joinpath(*parts).resolve(strict=True)
            if not path.is_relative_to(self._root):
                return None
            if path.is_dir():
                # Links in a page are relative to its directory, whose name ends with a slash.
                place = "/" + "".join(quote(part) + "/" for part in parts)
                return _say(301, "It is a directory.", {"Location": place})
            # Without waiting: a pipe has a name, too.
            file = open(path, "rb", buffering=0, opener=_open_at_once)  # noqa: SIM115 - has an opener
        except (OSError, ValueError):
            return None
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            file.close()
            return None
        kind = _TYPES.guess_type(path.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        return Page(200, {"Content-Type": kind, "Content-Length": str(status.st_size)}, file=file)


def _split(target: str) -> list[str] | None:
    """Return the names that a path is made of, decoded once; None for a path that names no file."""
    path = target.partition("?")[0]
    if not path.startswith("/"):
        return None
    try:
        parts = [unquote_to_bytes(part).decode() for part in path[1:].split("/")]
    except UnicodeDecodeError:
        return None
    if not parts[-1]:
        parts[-1] = _INDEX
    for part in parts:
        if not part or part.startswith(".") or "/" in part or not _UNSAFE.isdisjoint(part):
            return None
    return parts


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _say(status: int, words: str, headers: Mapping[str, str] | None = None) -> Page:
    body = f"{words}\n".encode()
    fixed = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
    return Page(status, fixed | dict(headers or {}), body)


def _head(page: Page) -> bytes:
    headers = {"Date": formatdate(usegmt=True), **_HEADERS, **page.headers}
    lines = [f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def send_page_op(channel: Channel, page: Page) -> Op[None]:
    """Send *page*, close its file, and close *channel* in order.

    A file that shrinks meanwhile ends the connection early: so the client sees that it is cut.
    """
    try:
        yield from channel.write_all_op(_head(page) + page.body)
        if page.file is not None:
            left = int(page.headers["Content-Length"])
            while left and (piece := page.file.read(min(left, _PIECE))):
                yield from channel.write_all_op(piece)
                left -= len(piece)
    finally:
        page.close()
    yield from channel.close_op()
