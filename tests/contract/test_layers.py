"""The contract of layers, over TLS and over a codec that is as small as can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typing_extensions import override

from iochan.channels.pair import memory_pair
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError
from iochan.core.layer import Layer
from iochan.core.op import Op
from iochan.telnet.ends import telnet_client, telnet_server
from iochan.testing.layercontract import LayerContract, Wire, Wraps
from iochan.tls.layer import tls_client, tls_server
from iochan.vnc.ra2codec import Ra2Codec, Ra2Messages
from iochan.websocket.factory import websocket_client, websocket_server
from tests.contract.bases import Creds
from tests.contract.framecodec import GOODBYE, PING, PONG, FrameCodec, frame


class TestFrames(LayerContract):
    ping: tuple[bytes, bytes] | None = (PING, PONG)

    @pytest.fixture
    def wraps(self) -> Wraps:
        def frames(lower: Channel) -> Channel:
            return CodecLayer(lower, FrameCodec(), "frames")

        return frames, frames


class TestTelnet(LayerContract):
    goodbye = False
    ping: tuple[bytes, bytes] | None = (b"\xff\xf6", b"\r\n[yes]\r\n")

    @pytest.fixture
    def wraps(self) -> Wraps:
        return telnet_server, telnet_client

    @pytest.fixture
    @override
    def wire(self, wraps: Wraps) -> Iterator[Wire]:
        wire = Wire(wraps)
        try:
            assert wire.handshake()
            for _ in range(4):
                for side in (wire.left, wire.right):
                    assert isinstance(side.try_readinto(bytearray(1)), Blocked)
                wire.carry()
            yield wire
        finally:
            wire.abort()

    @override
    def test_a_part_of_a_unit_is_not_ready(self, wire: Wire) -> None:
        wire.right_end.write_all(b"\xff")
        assert isinstance(wire.right.try_readinto(bytearray(10)), Blocked)
        assert isinstance(wire.right.ready(Condition.IN), Blocked)
        wire.right_end.write_all(b"\xff")
        assert wire.right.ready(Condition.IN) is Condition.IN
        assert wire.right.read(10) == b"\xff"


class TestTls(LayerContract):
    @pytest.fixture
    def wraps(self, creds: Creds) -> Wraps:
        return (
            lambda lower: tls_client(lower, creds[1], hostname="localhost"),
            lambda lower: tls_server(lower, creds[0]),
        )


class TestTlsOverFrames(LayerContract):
    @pytest.fixture
    def wraps(self, creds: Creds) -> Wraps:
        return (
            lambda lower: tls_client(
                CodecLayer(lower, FrameCodec(), "frames"), creds[1], hostname="localhost"
            ),
            lambda lower: tls_server(CodecLayer(lower, FrameCodec(), "frames"), creds[0]),
        )


class TestRa2(LayerContract):
    goodbye = False

    @pytest.fixture
    def wraps(self) -> Wraps:
        def ra2(lower: Channel, out: int) -> Channel:
            there, back = (Ra2Messages("aes-256", bytes([number] * 32)) for number in (1 - out, out))
            return CodecLayer(lower, Ra2Codec(there, back), "ra2")

        return lambda lower: ra2(lower, 0), lambda lower: ra2(lower, 1)


class TestWebSocketServer(LayerContract):
    ping: tuple[bytes, bytes] | None = (b"\x89\x82\x01\x02\x03\x04ik", b"\x8a\x02hi")
    incomplete = 1

    @pytest.fixture
    def wraps(self) -> Wraps:
        return websocket_server, websocket_client


class TestWebSocketClient(LayerContract):
    incomplete = 1

    @pytest.fixture
    def wraps(self) -> Wraps:
        return websocket_client, websocket_server


class LeavingLayer(Layer):
    """Finds at its close that the peer has reset the connection, as a socket with unread input does."""

    @override
    def farewell_op(self) -> Op[None]:
        yield from ()
        message = "reading failed: connection reset by peer"
        raise ChannelBrokenError(message)


def test_a_peer_that_left_before_the_goodbye_makes_a_close_no_error() -> None:
    near, far = memory_pair()
    top = CodecLayer(LeavingLayer(near, "leaving"), FrameCodec(), "frames")
    top.handshake()
    top.write_all(b"hello")
    top.close()
    assert far.read(100) == frame(b"hello") + GOODBYE
    assert near.closed
