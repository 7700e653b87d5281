"""WebSocket over socket pairs, against ourselves and against the library `websockets`."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import socket
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.client import connect as websockets_connect
from websockets.sync.server import ServerConnection, serve

from iochan.core.channel import Channel
from iochan.core.codec import BATCH
from iochan.core.errors import (
    AddressError,
    ChannelBrokenError,
    HandshakeError,
    LimitExceeded,
    LocalProtocolError,
    TruncatedError,
    UnsupportedFeature,
)
from iochan.core.op import Op
from iochan.testing.drivers import DRIVERS
from iochan.websocket.errors import FrameError, WebSocketClosedError
from iochan.websocket.facts import WS_CLOSE_CODE, WS_CLOSE_REASON, WS_ORIGIN, WS_PATH, WS_PROTOCOL
from iochan.websocket.layer import WebSocketLayer

REQUEST = (
    b"GET /x?y HTTP/1.1\r\nHost: localhost:1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


def both(*ops: Op[None]) -> None:
    DRIVERS["stepped"](*ops)


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    one, other = socket.socketpair()
    client = Channel.websocket_client(
        one, "localhost:1", "/x", origin="http://localhost:1", protocols="binary"
    )
    server = Channel.websocket_server(other)
    try:
        both(client.handshake_op(), server.handshake_op())
        yield client, server
    finally:
        client.abort()
        server.abort()


def wire(layer: Channel) -> Channel:
    """Return the channel below, for a peer that keeps no rules."""
    assert layer.lower is not None
    return layer.lower


def raw_server(**options: object) -> tuple[socket.socket, Channel]:
    one, other = socket.socketpair()
    one.settimeout(5)
    return one, Channel.websocket_server(other, **options)


def test_bytes_pass_both_ways_whatever_their_size(pair: tuple[Channel, Channel]) -> None:
    for size in (1, 125, 126, 4096, 4097, 65535, 65536, 200_000):
        data = bytes(index * 7 & 0xFF for index in range(size))
        for sender, taker in (pair, pair[::-1]):
            thread = threading.Thread(target=sender.write_all, args=(data,))
            thread.start()
            assert taker.read_exactly(size) == data
            thread.join()


def test_both_know_what_they_agreed_on(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    assert server.extra(WS_PATH) == client.extra(WS_PATH) == "/x"
    assert server.extra(WS_ORIGIN) == "http://localhost:1"
    assert server.extra(WS_PROTOCOL) == client.extra(WS_PROTOCOL) == "binary"
    assert server.extra(WS_CLOSE_CODE) is None


def test_a_close_ends_the_stream_and_is_answered(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    client.write_all(b"last")
    with pytest.raises(UnsupportedFeature, match="cannot end its writing direction alone"):
        client.write_eof()
    wire(client).write_all(b"\x88\x82\0\0\0\0\x03\xe8")
    assert server.read(10) == b"last"
    assert server.read(10) == b""
    assert server.read(10) == b""
    assert client.read(10) == b""
    assert server.extra(WS_CLOSE_CODE) == client.extra(WS_CLOSE_CODE) == 1000
    with pytest.raises(ChannelBrokenError, match="the WebSocket is closed"):
        server.write_all(b"more")
    with pytest.raises(ChannelBrokenError, match="the WebSocket is closed"):
        server.writev([b"more", b"x" * 10000])


def test_a_half_close_ends_one_direction_where_both_sides_want_it() -> None:
    one, other = socket.socketpair()
    client = Channel.websocket_client(one, half_close=True)
    server = Channel.websocket_server(other, half_close="on")
    with client, server:
        both(client.handshake_op(), server.handshake_op())
        client.write_eof()
        assert server.read(1) == b""
        server.write_all(b"answer")
        assert client.read_exactly(6) == b"answer"
        server.close()
        assert client.read(1) == b""
        assert client.extra(WS_CLOSE_CODE) == 1000


def test_a_close_says_what_was_chosen(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    assert isinstance(server, WebSocketLayer)
    with pytest.raises(LocalProtocolError, match="close code 1005 with a reason of 3 bytes: it must be"):
        server.set_close(1005, "bye")
    with pytest.raises(LocalProtocolError, match="at most 123 bytes"):
        server.set_close(1000, "é" * 62)
    server.set_close(4001, "the device went away")
    server.close()
    with pytest.raises(WebSocketClosedError, match="with 4001 'the device went away'"):
        client.read(1)
    assert client.extra(WS_CLOSE_REASON) == "the device went away"


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


def test_a_broken_rule_is_answered_with_its_code_and_stays_an_error(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    wire(client).write_all(b"\x82\x00")
    for _ in range(2):
        with pytest.raises(FrameError, match="offset 0: not masked") as caught:
            server.read(1)
        assert caught.value.code == 1002
    with pytest.raises(WebSocketClosedError):
        client.read(1)
    assert client.extra(WS_CLOSE_CODE) == 1002


def test_a_failing_peer_is_told_from_one_that_ended(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    wire(server).write_all(b"\x88\x06\x03\xf3oops")
    with pytest.raises(WebSocketClosedError, match="1011 'oops'") as caught:
        client.read(1)
    assert (caught.value.code, caught.value.reason) == (1011, "oops")
    assert client.extra(WS_CLOSE_REASON) == "oops"


@settings(max_examples=20)
@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=12), st.integers(65_536, 1_300_000))
def test_a_large_write_owes_no_more_than_one_frame(taken: list[int], size: int) -> None:
    raw, server = raw_server()
    data = memoryview(bytes(range(251)) * (size // 251 + 1))[:size]
    with raw, server:
        raw.sendall(REQUEST + b"\r\n")
        server.handshake()
        raw.recv(4096)
        raw.setblocking(False)
        came, done, turn = bytearray(), 0, 0
        while done < size:
            put = server.try_write(data[done:])
            if isinstance(put, int):
                done += put
                assert 0 < done <= size
            with suppress(BlockingIOError):
                came += raw.recv(taken[turn % len(taken)])
            turn += 1
            # What was accepted has come, lies in the kernel, or is owed.
            lies = struct.unpack("i", fcntl.ioctl(raw, termios.FIONREAD, bytes(4)))[0]
            assert done - len(came) - lies <= BATCH
        while server.try_flush() is not None:
            came += raw.recv(1 << 20)
        with suppress(BlockingIOError):
            while True:
                came += raw.recv(1 << 20)
        assert _payload(came) == data
        server.abort()


def _payload(wire: bytes | bytearray) -> bytes:
    """Return what frames of a server hold, none of more than a batch."""
    got, at = [], 0
    while at < len(wire):
        size, head = wire[at + 1], 2
        if size > 125:
            head = 4 if size == 126 else 10
            size = int.from_bytes(wire[at + 2 : at + head], "big")
        assert wire[at] == 0x82
        assert size <= BATCH
        got.append(wire[at + head : at + head + size])
        at += head + size
    return b"".join(got)


def test_the_first_bytes_of_a_giant_frame_are_there_at_once(pair: tuple[Channel, Channel]) -> None:
    client, server = pair
    wire(server).write_all(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + b"abc")
    assert client.read(10) == b"abc"
    server.abort()
    with pytest.raises(TruncatedError, match="bytes before the end of the frame at offset 0"):
        client.read(1)


def test_our_client_talks_to_a_websockets_server() -> None:
    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            sock = socket.create_connection(server.socket.getsockname())
            with Channel.websocket_client(sock, "127.0.0.1", "/any") as channel:
                channel.handshake()
                for size in (1, 126, 70_000):
                    channel.write_all(b"a" * size)
                    assert channel.read_exactly(size) == b"a" * size
                assert isinstance(channel, WebSocketLayer)
                channel.frames.goodbye()
                assert channel.read(1) == b""
        finally:
            server.shutdown()
            thread.join()


def test_a_websockets_client_talks_to_our_server() -> None:
    one, other = socket.socketpair()
    server = Channel.websocket_server(other)
    failed: list[BaseException] = []

    def echo() -> None:
        try:
            server.handshake()
            while data := server.read(65536):
                server.write_all(data)
            server.close()
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    thread = threading.Thread(target=echo)
    thread.start()
    with server, websockets_connect("ws://localhost/", sock=one) as client:
        for size in (1, 126, 70_000):
            client.send(b"b" * size)
            got = b""
            while len(got) < size:
                piece = client.recv(timeout=5)
                assert isinstance(piece, bytes)
                got += piece
            assert got == b"b" * size
        client.ping(b"there?").wait(5)
        client.close(1001, "bye")
        thread.join(5)
    assert not failed
    assert server.extra(WS_CLOSE_CODE) == 1001
