"""The opening handshake (RFC 6455, 4), without I/O: ``websockets`` reads and checks, the rules are here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Sequence
from typing import Final, TypeVar

from typing_extensions import override
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, NegotiationError, SecurityError
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.typing import Origin, Subprotocol
from websockets.uri import WebSocketURI

from iochan.core.errors import HandshakeError, LimitExceeded, show_bytes, show_text
from iochan.websocket.origin import allows_origin
from iochan.websocket.page import PageAsked, StaticFiles

__all__ = ["MAX_OPENING", "ClientOpening", "Opening", "ServerOpening"]

T = TypeVar("T")

MAX_OPENING: Final = 16384
"""Bytes of a request's or a response's head."""

_VERSION: Final = "13"
_END: Final = b"\r\n\r\n"
_BAD_HEAD = (EOFError, ValueError, NotImplementedError, SecurityError, LookupError)


class Opening(ABC):
    """One side's handshake.

    Attributes:
        reply: What has to be sent now, a refusal too.
        path: The request's path with its query; empty until it is known.
        origin: The request's origin.
        protocol: The sub-protocol that was agreed on.
    """

    def __init__(self) -> None:
        self.reply = b""
        self.path = ""
        self.origin: str | None = None
        self.protocol: str | None = None
        self._head = bytearray()

    def receive(self, wire: memoryview) -> bytes | None:
        """Take bytes from the peer (none: its end); return what stands behind its head, once that is whole.

        Raises:
            HandshakeError: The peer refuses, or is refused.
            LimitExceeded: Its head is longer than `MAX_OPENING`.
        """
        if not wire:
            message = f"the peer left in the WebSocket handshake after {show_bytes(self._head)}"
            raise HandshakeError(message)
        start = max(0, len(self._head) - len(_END) + 1)
        room = MAX_OPENING - len(self._head)
        self._head += wire[:room]
        end = self._head.find(_END, start)
        if end < 0:
            if len(self._head) == MAX_OPENING:
                self.refuse_long()
                message = f"a head of more than {MAX_OPENING} bytes: shorten its headers, such as cookies"
                raise LimitExceeded(message)
            return None
        end += len(_END)
        rest = bytes(self._head[end:]) + bytes(wire[room:])
        self.check(bytes(self._head[:end]))
        self._head.clear()
        return rest

    @abstractmethod
    def check(self, head: bytes) -> None:
        """Check the peer's whole *head*."""

    def refuse_long(self) -> None:  # noqa: B027 - a client has nobody to tell
        """Say that the peer's head is too long."""


class _Rules(ServerProtocol):
    """Lets in a client that offers no sub-protocol, unlike its base."""

    @override
    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        known = self.available_subprotocols or ()
        for protocol in known:
            if protocol in subprotocols:
                return protocol
        if subprotocols:
            message = f"none of the sub-protocols is spoken here; known: {', '.join(known) or 'none'}"
            raise NegotiationError(message)
        return None


class ServerOpening(Opening):
    """The server's side.

    Args:
        path: The only path that there is; None for any.
        origins: See `iochan.websocket.origin.allows_origin`.
        protocols: Sub-protocols that are spoken, the preferred first. A client that names none is
            let in, one that names only others is not.
        files: What answers requests that are for no WebSocket: then `check` raises `PageAsked`.
    """

    def __init__(
        self,
        path: str | None,
        origins: Collection[str],
        protocols: Sequence[str],
        files: StaticFiles | None = None,
    ) -> None:
        super().__init__()
        self._only = path
        self._files = files
        self._origins = origins
        self._server = _Rules(subprotocols=[Subprotocol(name) for name in protocols])

    @override
    def refuse_long(self) -> None:
        self.reply = self._server.reject(431, "The request's head is too long.\n").serialize()

    @override
    def check(self, head: bytes) -> None:
        try:
            request = _parse(Request.parse, head)
        except _BAD_HEAD as error:
            raise self._refusal(400, f"no HTTP request ({show_text(str(error))})") from error
        hosts = request.headers.get_all("Host")
        if len(hosts) != 1:
            raise self._refusal(400, f"{len(hosts)} Host headers where one must be")
        if self._files is not None and "Upgrade" not in request.headers:
            raise PageAsked(request.path, self._files.find(request.method, request.path))
        response = self._server.accept(request)
        if response.status_code != 101:
            fact = show_text(str(self._server.handshake_exc))
            if request.headers.get_all("Sec-WebSocket-Version") not in ([], [_VERSION]):
                # Whoever speaks another version has to be told ours (RFC 6455, 4.2.2 and 4.4).
                response = self._server.reject(426, f"Version {_VERSION} is spoken here.\n")
                response.headers["Upgrade"] = "websocket"
                response.headers["Sec-WebSocket-Version"] = _VERSION
            self.reply = response.serialize()
            raise HandshakeError(f"refused a WebSocket request with {response.status_code}: {fact}")
        if self._only is not None and request.path.partition("?")[0] != self._only:
            raise self._refusal(404, f"path {show_text(request.path)} where only {self._only} is served")
        # Checked here rather than by websockets: the rule needs the Host.
        if not allows_origin(self._server.origin, hosts[0], self._origins):
            origin = show_text(str(self._server.origin))
            raise self._refusal(403, f"origin {origin} may not connect: name it in origins=…")
        self.path, self.origin, self.protocol = request.path, self._server.origin, self._server.subprotocol
        self.reply = response.serialize()

    def _refusal(self, status: int, fact: str) -> HandshakeError:
        self.reply = self._server.reject(status, f"Refused: {status}.\n").serialize()
        return HandshakeError(f"refused a WebSocket request with {status}: {fact}")


class ClientOpening(Opening):
    """The client's side; its request is the first `reply`.

    Args:
        host: The Host to ask for, perhaps with a port.
        path: The path, perhaps with a query.
        origin: What to name as the origin; None for nothing.
        protocols: Sub-protocols to offer.
    """

    def __init__(self, host: str, path: str, origin: str | None, protocols: Sequence[str]) -> None:
        super().__init__()
        self.path = path
        self.origin = origin
        # The address is not used: the headers that depend on it are set by hand.
        uri = WebSocketURI(secure=False, host="localhost", port=80, path=path, query="")
        self._client = ClientProtocol(
            uri,
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol(name) for name in protocols] or None,
        )
        request = self._client.connect()
        del request.headers["Host"]
        request.headers["Host"] = host
        self.reply = request.serialize()

    @override
    def check(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 "):
            message = f"no HTTP/1.1 response but {show_bytes(head)}: is there a WebSocket server?"
            raise HandshakeError(message)
        try:
            response = _parse(_parse_response, head)
        except _BAD_HEAD as error:
            message = f"a wrong HTTP response ({show_text(str(error))}) to the WebSocket request"
            raise HandshakeError(message) from error
        if response.status_code != 101:
            place = response.headers.get_all("Location")
            hint = f", and points to {show_text(place[0])}: redirects are not followed" if place else ""
            message = (
                f"the server answered the WebSocket request with {response.status_code} "
                f"{show_text(response.reason_phrase)}{hint}"
            )
            raise HandshakeError(message)
        try:
            self._client.process_response(response)
        except InvalidHandshake as error:
            message = f"a wrong answer to the WebSocket request: {show_text(str(error))}"
            raise HandshakeError(message) from error
        self.protocol = self._client.subprotocol


_ReadLine = Callable[[int, type[Exception]], Generator[None, None, bytes | bytearray]]


def _parse_response(read_line: _ReadLine) -> Generator[None, None, Response]:
    reader = StreamReader()
    # As a proxy's: the body of a refusal is of no interest, and may be long.
    return Response.parse(read_line, reader.read_exact, reader.read_to_eof, proxy=True)


def _parse(parse: Callable[[_ReadLine], Generator[None, None, T]], head: bytes) -> T:
    """Return what *parse* makes of a whole *head*."""
    reader = StreamReader()
    reader.feed_data(head)
    reader.feed_eof()
    try:
        next(parse(reader.read_line))
    except StopIteration as done:
        result: T = done.value
        return result
    message = "it wants more than its head"
    raise ValueError(message)
