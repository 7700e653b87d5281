"""The opening of a WebSocket: what a server lets in and refuses, and what a client takes for an answer."""

from __future__ import annotations

import base64
import hashlib
import socket

import pytest

from iochan.core.channel import Channel
from iochan.core.errors import (
    AddressError,
    HandshakeError,
    LimitExceeded,
)
from iochan.websocket.facts import WS_PATH
from tests.websocket.rawclient import REQUEST, raw_server


@pytest.mark.parametrize("split", [1, 7, 10_000])
def test_a_request_in_pieces_is_answered_and_what_follows_it_belongs_to_the_stream(split: int) -> None:
    raw, server = raw_server()
    ping_and_data = b"\x89\x80\0\0\0\0" + b"\x82\x82\x01\x02\x03\x04" + bytes((ord("h") ^ 1, ord("i") ^ 2))
    sent = REQUEST + b"\r\n" + ping_and_data
    with raw, server:
        op = server.handshake_op()
        for start in range(0, len(sent), split):
            raw.sendall(sent[start : start + split])
            next(op, None)
        assert server.read_exactly(2) == b"hi"
        answer = raw.recv(4096)
        while not answer.endswith(b"\x8a\x00"):
            answer += raw.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer  # RFC 6455, 1.3
        assert b"Sec-WebSocket-Protocol" not in answer
        assert server.extra(WS_PATH) == "/x?y"


KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
VERSION = b"Sec-WebSocket-Version: 13\r\n"
REFUSED = {
    "a wrong path": ({"path": "/z"}, REQUEST, "404: path '/x.y' where only /z is served"),
    "a foreign page": (
        {},
        REQUEST + b"Origin: http://evil.example\r\n",
        "403: origin 'http://evil.example' may",
    ),
    "a page of another port": (
        {},
        REQUEST + b"Origin: http://localhost:2\r\n",
        "403: origin .* name it in or",
    ),
    "a page of no origin": ({}, REQUEST + b"Origin: null\r\n", "403: origin 'null' may not connect"),
    "a page that is not listed": (
        {"origins": "https://a,https://b"},
        REQUEST + b"Origin: https://c\r\n",
        "403: origin 'https://c' may not connect",
    ),
    "two origins": ({}, REQUEST + b"Origin: http://localhost:1\r\n" * 2, "400: .*Origin header: multiple"),
    "a rebound name": (
        {},
        REQUEST.replace(b"localhost:1", b"evil.example") + b"Origin: http://evil.example\r\n",
        "403: origin 'http://evil.example' may not connect",
    ),
    "only unknown sub-protocols": (
        {},
        REQUEST + b"Sec-WebSocket-Protocol: base64\r\n",
        "400: .none of the sub-protocols is spoken here; known: binary",
    ),
    "no host": ({}, REQUEST.replace(b"Host", b"Ghost"), "400: 0 Host headers where one must be"),
    "two hosts": ({}, REQUEST + b"Host: b\r\n", "400: 2 Host headers where one must be"),
    "no key": ({}, REQUEST.replace(KEY, b""), "400: .missing Sec-WebSocket-Key"),
    "two keys": ({}, REQUEST + KEY, "400: .*-Key header: multiple"),
    "a short key": (
        {},
        REQUEST.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhl"),
        "400: .invalid Sec-WebSocket-Key",
    ),
    "a key that is none": ({}, REQUEST.replace(b"dGhlIHNh", b"dGhl!HNh"), "400: .invalid Sec-WebSocket-Key"),
    "no version": ({}, REQUEST.replace(VERSION, b""), "400: .missing Sec-WebSocket-Version"),
    "two versions": ({}, REQUEST + VERSION, "426: .*-Version header: multiple"),
    "an old version": ({}, REQUEST.replace(b"13", b"8"), "426: .*Sec-WebSocket-Version.*8"),
    "another method": ({}, REQUEST.replace(b"GET", b"PUT"), "405: .*PUT"),
    "old HTTP": ({}, REQUEST.replace(b"/1.1", b"/1.0"), "505: .*1.0"),
    "no upgrade": ({}, REQUEST.replace(b"Upgrade: websocket", b"X: y"), "426: .*Upgrade"),
    "no connection": ({}, REQUEST.replace(b"Connection", b"X"), "426: .*Connection"),
    "a body": ({}, REQUEST + b"Content-Length: 5\r\n", "400: no HTTP request .*body"),
    "a folded header": ({}, REQUEST + b"X: a\r\n b\r\n", "400: no HTTP request .*header"),
    "a header without a name": ({}, REQUEST + b": a\r\n", "400: no HTTP request .*header"),
    "a space behind a name": ({}, REQUEST + b"X : a\r\n", "400: no HTTP request .*header"),
    "a zero byte": ({}, REQUEST + b"X: a\0b\r\n", "400: no HTTP request .*header"),
    "no HTTP": ({}, b"hello\r\n", "400: no HTTP request"),
    "too many headers": ({}, REQUEST + b"X: y\r\n" * 130, "400: no HTTP request .*128"),
    "a long line": ({}, REQUEST + b"X: " + b"y" * 9000 + b"\r\n", "400: no HTTP request .*8192"),
}


@pytest.mark.parametrize(("options", "request_head", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_server_refuses(options: dict[str, object], request_head: bytes, told: str) -> None:
    raw, server = raw_server(**options)
    with raw, server:
        raw.sendall(request_head + b"\r\n")
        with pytest.raises(HandshakeError, match=f"refused a WebSocket request with {told}"):
            server.handshake()
        assert raw.recv(4096).startswith(b"HTTP/1.1 " + told[:3].encode())


def test_who_speaks_another_version_is_told_ours() -> None:
    raw, server = raw_server()
    with raw, server:
        raw.sendall(REQUEST.replace(b"13", b"8") + b"\r\n")
        with pytest.raises(HandshakeError, match="426"):
            server.handshake()
        answer = raw.recv(4096)
        assert b"\r\nSec-WebSocket-Version: 13\r\n" in answer
        assert b"\r\nUpgrade: websocket\r\n" in answer


def test_a_request_without_end_is_refused_at_the_limit() -> None:
    raw, server = raw_server()
    with raw, server:
        raw.sendall(REQUEST + b"X: y\r\n" * 4000)
        with pytest.raises(LimitExceeded, match="more than 16384 bytes"):
            server.handshake()
        assert raw.recv(4096).startswith(b"HTTP/1.1 431")


ALLOWED = {
    "its own page": ({}, REQUEST + b"Origin: http://localhost:1\r\n"),
    "a listed page": ({"origins": "https://a,https://b"}, REQUEST + b"Origin: https://b\r\n"),
    "any page, if told so": ({"origins": "*"}, REQUEST + b"Origin: https://c\r\n"),
    "the known sub-protocol among others": ({}, REQUEST + b"Sec-WebSocket-Protocol: base64, binary\r\n"),
    "compression that is not agreed on": (
        {},
        REQUEST + b"Sec-WebSocket-Extensions: permessage-deflate\r\n",
    ),
}


@pytest.mark.parametrize(("options", "request_head"), ALLOWED.values(), ids=ALLOWED.keys())
def test_a_server_lets_in(options: dict[str, object], request_head: bytes) -> None:
    raw, server = raw_server(**options)
    with raw, server:
        raw.sendall(request_head + b"\r\n")
        server.handshake()
        answer = raw.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"deflate" not in answer
        assert (b"Sec-WebSocket-Protocol: binary" in answer) == (b"base64" in request_head)


AGREED = b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
ANSWERS = {
    "a redirect": (
        b"HTTP/1.1 302 Found\r\nLocation: http://e\r\n\r\n",
        "with 302 'Found', and points to 'http://e': redirects are not followed",
    ),
    "a refusal": (b"HTTP/1.1 403 Forbidden\r\n\r\n", "the WebSocket request with 403 'Forbidden'"),
    "no HTTP": (b"RFB 003.008\n\r\n\r\n", "no HTTP/1.1 response but b'RFB"),
    "old HTTP": (b"HTTP/1.0 101 S\r\n\r\n", "no HTTP/1.1 response but b'HTTP/1.0"),
    "a wrong status": (b"HTTP/1.1 9x9 z\r\n\r\n", "a wrong HTTP response"),
    "a wrong key": (AGREED + b"Sec-WebSocket-Accept: eA==\r\n\r\n", "invalid Sec-WebSocket-Accept"),
    "no key": (AGREED + b"\r\n", "missing Sec-WebSocket-Accept"),
    "two keys": (
        AGREED + b"Sec-WebSocket-Accept: eA==\r\n" * 2 + b"\r\n",
        "Sec-WebSocket-Accept header: multiple",
    ),
    "no upgrade": (b"HTTP/1.1 101 S\r\nConnection: Upgrade\r\n\r\n", "missing Upgrade"),
    "a folded header": (AGREED + b"X: a\r\n b\r\n\r\n", "a wrong HTTP response .*header"),
    "too many headers": (AGREED + b"X: y\r\n" * 130 + b"\r\n", "a wrong HTTP response .*128"),
    "a long line": (AGREED + b"X: " + b"y" * 9000 + b"\r\n\r\n", "a wrong HTTP response .*8192"),
    "nothing": (b"", "left in the WebSocket handshake after b''"),
    "a part": (AGREED, "left in the WebSocket handshake after b'HTTP"),
}


@pytest.mark.parametrize(("answer", "told"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_client_refuses(answer: bytes, told: str) -> None:
    raw, other = socket.socketpair()
    client = Channel.websocket_client(other)
    with raw, client:
        raw.sendall(answer)
        raw.shutdown(socket.SHUT_WR)
        with pytest.raises(HandshakeError, match=told):
            client.handshake()


def accepted(request: bytes) -> bytes:
    """Return the line that agrees to *request*."""
    key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
    return b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension"),
        (b"Sec-WebSocket-Protocol: binary\r\n", "subprotocol"),
    ],
)
def test_a_client_refuses_what_it_did_not_offer(header: bytes, told: str) -> None:
    raw, other = socket.socketpair()
    client = Channel.websocket_client(other)
    with raw, client:
        op = client.handshake_op()
        next(op)
        raw.sendall(AGREED + accepted(raw.recv(4096)) + header + b"\r\n")
        with pytest.raises(HandshakeError, match=f"a wrong answer to the WebSocket request: .*{told}"):
            next(op)


def test_an_answer_without_end_is_refused_at_the_limit() -> None:
    raw, other = socket.socketpair()
    client = Channel.websocket_client(other)
    with raw, client:
        raw.sendall(AGREED + b"X: y\r\n" * 4000)
        with pytest.raises(LimitExceeded, match="a head of more than 16384 bytes: shorten its headers"):
            client.handshake()


@pytest.mark.parametrize("server", [True, False])
@pytest.mark.parametrize("names", ["a b", "a\r\nX: y", ["bin\u00e4r"], ["a", "a"], [""]])
def test_a_name_of_a_sub_protocol_is_a_token(server: bool, names: str | list[str]) -> None:
    one, other = socket.socketpair()
    make = Channel.websocket_server if server else Channel.websocket_client
    with (
        one,
        other,
        pytest.raises(AddressError, match=r"protocols=.*letters, digits and hyphens, named once"),
    ):
        make(one, protocols=names)


@pytest.mark.parametrize("wrong", [{"host": "a b"}, {"path": "x"}, {"path": "/\r\nX: y"}, {"text": "maybe"}])
def test_a_wrong_option_is_told_at_once(wrong: dict[str, str]) -> None:
    one, other = socket.socketpair()
    with one, other, pytest.raises(AddressError, match=next(iter(wrong))):
        Channel.websocket_client(one, **wrong)
