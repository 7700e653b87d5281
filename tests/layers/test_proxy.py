"""Proxies that keep the rules, and proxies that lie."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.channels.adopt import socket_channel
from iochan.core.channel import Channel
from iochan.core.errors import (
    AddressError,
    ChannelTimeout,
    HandshakeError,
    LimitExceeded,
    LocalProtocolError,
)
from iochan.core.opening import connect, listen
from iochan.layers.httpconnect import MAX_ANSWER, MAX_FIELDS, MAX_LINE, http_connect
from iochan.layers.socks5 import socks5
from iochan.secret.value import Secret

Ends = tuple[Channel, socket.socket]
OK = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"
SOCKS_OK = b"\x05\x00\x00\x01\x7f\0\0\x01\x12\x34"


@pytest.fixture
def ends() -> Iterator[Ends]:
    one, other = socket.socketpair()
    other.settimeout(10)
    near = socket_channel(one)
    yield near, other
    near.abort()
    other.close()


def answered(ends: Ends, layer: Channel, *answers: bytes, size: int = 1 << 20) -> bytes:
    """Do the handshake of *layer* with these answers in pieces of *size*; return what was asked."""
    asked = b""
    op = layer.handshake_op()
    done = object()
    for answer in answers:
        assert next(op, done) is not done
        asked += ends[1].recv(65536)
        for start in range(0, len(answer), size):
            ends[1].sendall(answer[start : start + size])
            if start + size < len(answer):
                next(op)
    assert next(op, done) is done
    return asked


def test_connect_asks_for_the_target_and_gives_all_behind_the_answer(ends: Ends) -> None:
    layer = http_connect(ends[0], "example.org:443")
    asked = answered(ends, layer, b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"first")
    assert asked == b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"
    assert layer.read(10) == b"first"
    layer.write_all(b"there")
    assert ends[1].recv(100) == b"there"
    ends[1].sendall(b"back")
    assert layer.read(10) == b"back"


def test_connect_sends_basic_credentials(ends: Ends) -> None:
    layer = http_connect(ends[0], "[::1]:80", user="Aladdin", secret=Secret(b"open sesame"))
    asked = answered(ends, layer, OK)
    assert asked == (
        b"CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"
        b"Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
    )
    assert "sesame" not in repr(layer)


@given(size=st.integers(1, 80), behind=st.binary(max_size=40))
def test_an_answer_may_come_in_any_pieces(size: int, behind: bytes) -> None:
    one, other = socket.socketpair()
    with socket_channel(one) as near, other:
        layer = http_connect(near, "h:1")
        whole = OK + behind
        op = layer.handshake_op()
        next(op)
        other.recv(4096)
        for start in range(0, len(whole), size):
            other.sendall(whole[start : start + size])
            if next(op, None) is None:
                other.sendall(whole[start + size :])
                break
        if behind:
            assert layer.read_exactly(len(behind)) == behind


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (
            b"HTTP/1.1 407 Who\x1b are you\r\n\r\n",
            HandshakeError,
            r"connect to h:1: 407 .*Who\\x1b.*: give user",
        ),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", HandshakeError, "502 .*Bad Gateway"),
        (b"HTTP/1.1 101 Switching\r\n\r\n", HandshakeError, "101"),
        (b"HTTP/2 200\r\n\r\n", HandshakeError, "expected HTTP, is it an HTTP proxy"),
        (b"SSH-2.0-x\r\n\r\n", HandshakeError, "SSH-2.0"),
        (b"HTTP/1.1 200 O", HandshakeError, "the proxy left while asked for h:1"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_ANSWER, LimitExceeded, f"longer than {MAX_ANSWER}"),
        (
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_LINE + b"\r\n\r\n",
            LimitExceeded,
            f"a header of {MAX_LINE + 3} bytes: expected at most {MAX_LINE}",
        ),
        (
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (MAX_FIELDS + 1) + b"\r\n",
            LimitExceeded,
            f"has {MAX_FIELDS + 1} headers: expected at most {MAX_FIELDS}",
        ),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", HandshakeError, "the line b' b': expected a header, not"),
        (b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", HandshakeError, "the line b'X : a': expected a header"),
        (b"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n", HandshakeError, "expected a header"),
        (b"HTTP/1.1 103 Hints\r\n\x1b\r\n\r\n" + OK, HandshakeError, r"the line b'\\x1b': expected a header"),
    ],
)
def test_an_http_proxy_that_refuses_or_lies_is_told(
    ends: Ends, answer: bytes, error: type[Exception], message: str
) -> None:
    ends[1].sendall(answer)
    ends[1].shutdown(socket.SHUT_WR)
    with pytest.raises(error, match=message):
        http_connect(ends[0], "h:1").handshake(5)


def test_interim_answers_have_an_end(ends: Ends) -> None:
    ends[1].sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000)
    with pytest.raises(LimitExceeded):
        http_connect(ends[0], "h:1").handshake(5)


@given(size=st.integers(1, 30), behind=st.binary(max_size=20))
def test_a_socks_answer_may_come_in_any_pieces(size: int, behind: bytes) -> None:
    one, other = socket.socketpair()
    with socket_channel(one) as near, other:
        other.settimeout(10)
        layer = socks5(near, "h:1", user="me", secret=Secret(b"pw"))
        answered((near, other), layer, b"\x05\x02", b"\x01\x00", SOCKS_OK, size=size)
        other.sendall(behind + b".")
        assert layer.read_exactly(len(behind) + 1) == behind + b"."


@pytest.mark.parametrize("code", [*range(1, 9), 9, 255])
def test_every_reply_of_a_socks_proxy_has_its_own_reason(ends: Ends, code: int) -> None:
    reasons = {
        1: "general failure",
        2: "its rules do not allow it",
        3: "network unreachable",
        4: "host unreachable",
        5: "connection refused",
        6: "time to live expired",
        7: "it does not know CONNECT",
        8: "it does not know this type of address",
    }
    ends[1].sendall(b"\x05\x00\x05" + bytes([code]) + b"\x00\x01")
    with pytest.raises(HandshakeError, match=f"did not connect to h:1: {reasons.get(code, f'reply {code}')}"):
        socks5(ends[0], "h:1").handshake(5)


@pytest.mark.parametrize("size", [1, 100])
def test_socks_connects_without_a_password(ends: Ends, size: int) -> None:
    layer = socks5(ends[0], "example.org:80")
    asked = answered(ends, layer, b"\x05\x00", SOCKS_OK, size=size)
    assert asked == b"\x05\x01\x00" + b"\x05\x01\x00\x03\x0bexample.org\x00\x50"
    ends[1].sendall(b"data")
    assert layer.read(10) == b"data"


def test_socks_reads_nothing_behind_the_answer(ends: Ends) -> None:
    layer = socks5(ends[0], "127.0.0.1:258", user="me", secret=Secret(b"pw"))
    name_reply = b"\x05\x00\x00\x03\x02ab\x00\x01"
    asked = answered(ends, layer, b"\x05\x02", b"\x01\x00", name_reply + b"data")
    assert asked == b"\x05\x02\x00\x02" + b"\x01\x02me\x02pw" + b"\x05\x01\x00\x01\x7f\0\0\x01\x01\x02"
    assert layer.read(10) == b"data"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"\x05\xff", "takes none of the ways to authenticate: give user and secret"),
        (b"\x05\x02", "wants authentication method 2, which was not offered: give user and secret"),
        (b"\x04\x00", r"answered version b'\\x04': expected 5"),
        (b"HTTP/1.1 400", "is it a SOCKS 5 proxy"),
        (b"\x05", "the proxy left while asked for h:1"),
        (b"\x05\x00\x05\x05\x00\x01", "did not connect to h:1: connection refused"),
        (b"\x05\x00\x05\x63\x00\x01", "reply 99"),
        (b"\x05\x00\x05\x00\x00\x02", "address type 2: expected 1, 3 or 4"),
        (b"\x05\x00\x05\x00\x00\x04\0\0", "the proxy left"),
    ],
)
def test_a_socks_proxy_that_refuses_or_lies_is_told(ends: Ends, answer: bytes, message: str) -> None:
    ends[1].sendall(answer)
    ends[1].shutdown(socket.SHUT_WR)
    with pytest.raises(HandshakeError, match=message):
        socks5(ends[0], "h:1").handshake(5)


def test_an_answer_to_the_password_has_the_version_of_its_own_protocol(ends: Ends) -> None:
    ends[1].sendall(b"\x05\x02\x05\x00")
    with pytest.raises(HandshakeError, match=r"answered version b'\\x05': expected 1, is it a SOCKS 5 proxy"):
        socks5(ends[0], "h:1", user="me", secret=Secret(b"pw")).handshake(5)


def test_a_refused_password_is_not_shown(ends: Ends) -> None:
    ends[1].sendall(b"\x05\x02\x01\x01")
    with pytest.raises(HandshakeError, match="refused the user b'me': check") as caught:
        socks5(ends[0], "h:1", user="me", secret=Secret(b"hush")).handshake(5)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("make", [http_connect, socks5])
def test_a_silent_proxy_has_a_deadline(ends: Ends, make: type) -> None:
    with pytest.raises(ChannelTimeout, match="the handshake of"):
        make(ends[0], "h:1").handshake(0.01)


@pytest.mark.parametrize("make", [http_connect, socks5])
def test_a_proxy_is_asked_only_once(ends: Ends, make: type) -> None:
    layer = make(ends[0], "h:1")
    with pytest.raises(ChannelTimeout):
        layer.handshake(0.01)
    ends[1].recv(4096)
    ends[1].sendall(OK)
    with pytest.raises(LocalProtocolError, match="asked the proxy before, without success: connect"):
        layer.handshake(5)
    ends[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends[1].recv(1)


def test_a_name_beyond_ascii_is_asked_for_as_dns_has_it(ends: Ends) -> None:
    asked = answered(ends, http_connect(ends[0], "bücher.example:80"), OK)
    assert asked.startswith(
        b"CONNECT xn--bcher-kva.example:80 HTTP/1.1\r\nHost: xn--bcher-kva.example:80\r\n"
    )


def test_socks_asks_for_a_name_beyond_ascii_as_dns_has_it(ends: Ends) -> None:
    asked = answered(ends, socks5(ends[0], "bücher.example:80"), b"\x05\x00", SOCKS_OK)
    assert asked.endswith(b"\x03\x15xn--bcher-kva.example\x00\x50")


@pytest.mark.parametrize("status", [401, 407])
def test_refused_credentials_are_to_be_checked_not_given(ends: Ends, status: int) -> None:
    ends[1].sendall(b"HTTP/1.1 %d No\r\n\r\n" % status)
    with pytest.raises(HandshakeError, match=f"{status} .*: check user and secret") as caught:
        http_connect(ends[0], "h:1", user="me", secret=Secret(b"hush")).handshake(5)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("make", [http_connect, socks5])
def test_bytes_before_the_handshake_are_refused(ends: Ends, make: type) -> None:
    layer = make(ends[0], "h:1")
    early = pytest.raises(LocalProtocolError, match=r"call handshake\(\) first")
    with early:
        layer.read(1)
    with early:
        layer.write_all(b"x")
    with early:
        layer.writev([b"x", b"y"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": ""}, r"target='': tcp: '' has no port"),
        ({"target": "h"}, "has no port"),
        ({"target": "h:0"}, "a number for the port"),
        ({"target": ":1"}, "it must be host:port"),
        ({"target": "h:http"}, "a number for the port"),
        ({"target": "::1:80"}, "write an IPv6 address as"),
        ({"target": "a b:80"}, "no host"),
        ({"target": "ü" * 64 + ":80"}, "the name has no form in DNS"),
        ({"target": "h:1", "user": "me"}, "give both, or none"),
        ({"target": "h:1", "secret": Secret(b"x")}, "give both, or none"),
    ],
)
@pytest.mark.parametrize("make", [http_connect, socks5])
def test_options_that_cannot_be_are_refused(
    ends: Ends, make: type, options: dict[str, object], message: str
) -> None:
    with pytest.raises(AddressError, match=message):
        make(ends[0], **options)


def test_users_that_the_protocol_cannot_hold_are_refused(ends: Ends) -> None:
    with pytest.raises(AddressError, match="colon or control"):
        http_connect(ends[0], "h:1", user="a:b", secret=Secret(b"x"))
    with pytest.raises(AddressError, match="256 bytes, and 255 are the most"):
        socks5(ends[0], "h:1", user="u" * 256, secret=Secret(b"x"))
    ends[1].sendall(b"\x05\x02")
    with pytest.raises(HandshakeError, match="the SOCKS password has 256 bytes"):
        socks5(ends[0], "h:1", user="u", secret=Secret(b"x" * 256)).handshake(5)


def test_only_who_connects_goes_through_a_proxy() -> None:
    with pytest.raises(AddressError, match="socks5: only who connects can have it"):
        listen("socks5+tcp://127.0.0.1:0?socks5.target=h:1")
    with pytest.raises(AddressError, match=r"socks5\.secret=pw: there are no objects here"):
        connect("socks5+tcp://127.0.0.1:1?socks5.target=h:1&socks5.user=u&socks5.secret=pw")
