"""The contract of layers, over TLS and over a codec that is as small as can be."""

from __future__ import annotations

import pytest

from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.testing.layercontract import LayerContract, Wraps
from iochan.tls.layer import tls_client, tls_server
from iochan.websocket.factory import websocket_client, websocket_server
from tests.contract.bases import Creds
from tests.contract.framecodec import PING, PONG, FrameCodec


class TestFrames(LayerContract):
    ping: tuple[bytes, bytes] | None = (PING, PONG)

    @pytest.fixture
    def wraps(self) -> Wraps:
        def frames(lower: Channel) -> Channel:
            return CodecLayer(lower, FrameCodec(), "frames")

        return frames, frames


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
