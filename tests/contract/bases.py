"""The bases, stacks and faults of the contract matrix: each a way to make or to wrap a pair of channels."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from iochan.channels.command import CommandChannel
from iochan.channels.null import NullChannel
from iochan.channels.pair import memory_pair
from iochan.channels.pipe import PipeChannel, pipe_pair
from iochan.channels.socket import SocketChannel
from iochan.channels.unix import UnixChannel
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.fd import OwnedFd
from iochan.layers.buffered import BufferedLayer
from iochan.layers.duplex import DuplexChannel
from iochan.layers.fault import DribbleLayer, StutterLayer
from iochan.layers.httpconnect import http_connect
from iochan.layers.record import RecordLayer
from iochan.layers.tapewriter import TapeWriter
from iochan.layers.throttle import ThrottleLayer
from iochan.layers.trace import TraceLayer
from iochan.telnet.ends import telnet_client, telnet_server
from iochan.tls.creds import Endpoint
from iochan.tls.layer import tls_client, tls_server
from iochan.tls.x509 import X509Creds
from iochan.websocket.factory import websocket_client, websocket_server
from tests.contract.framecodec import FrameCodec
from tests.contract.proxyend import ProxyEnd

__all__ = ["BASES", "FAULTS", "Creds", "Pair", "load_creds", "stacks"]

Pair = tuple[Channel, Channel]
Creds = tuple[X509Creds, X509Creds]
Wrap = Callable[[Channel, bool], Channel]


def unix() -> Pair:
    one, other = socket.socketpair()
    return UnixChannel(one), UnixChannel(other)


def tcp() -> Pair:
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        other, _ = server.accept()
    for sock in (one, other):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketChannel(one), SocketChannel(other)


def duplex() -> Pair:
    (one_in, other_out), (other_in, one_out) = pipe_pair(), pipe_pair()
    return DuplexChannel(one_in, one_out), DuplexChannel(other_in, other_out)


def command() -> Pair:
    """What the left end writes goes through a child; what it reads comes straight."""
    near_in, far_out = pipe_pair()
    far_in, child_out = os.pipe()
    with OwnedFd(child_out) as out:
        child = CommandChannel(["cat"], "w", unused=out)
    return DuplexChannel(near_in, child), DuplexChannel(PipeChannel(far_in), far_out)


BASES: dict[str, Callable[[], Pair]] = {
    "unix": unix,
    "tcp": tcp,
    "memory": memory_pair,
    "pipes": lambda: pipe_pair(both_ways=True),
    "duplex": duplex,
    "command": command,
}

FAULTS: dict[str, Wrap] = {
    "smooth": lambda lower, left: lower,
    "dribble": lambda lower, left: DribbleLayer(lower),
    "stutter": lambda lower, left: StutterLayer(lower),
    "random": lambda lower, left: StutterLayer(lower, 1 + left),
}


def load_creds(directory: Path) -> Creds:
    """Return a server's and a client's credentials."""
    return (
        X509Creds(directory, Endpoint.SERVER, verify_peer=False),
        X509Creds(directory, Endpoint.CLIENT),
    )


def stacks(creds: Creds) -> dict[str, Wrap]:
    """Return what stands on the base, by name."""

    def tls(lower: Channel, left: bool) -> Channel:
        return tls_client(lower, creds[1], hostname="localhost") if left else tls_server(lower, creds[0])

    def websocket(lower: Channel, left: bool) -> Channel:
        return websocket_client(lower, half_close=True) if left else websocket_server(lower, half_close=True)

    return {
        "plain": lambda lower, left: lower,
        "tls": tls,
        "tls-tls": lambda lower, left: tls(tls(lower, left), left),
        "ws": websocket,
        "tls-ws-tls": lambda lower, left: tls(websocket(tls(lower, left), left), left),
        "http-connect": lambda lower, left: http_connect(lower, "h:1") if left else ProxyEnd(lower),
        "frames": lambda lower, left: CodecLayer(lower, FrameCodec(), "frames"),
        "telnet": lambda lower, left: telnet_client(lower) if left else telnet_server(lower),
        "buffered": lambda lower, left: BufferedLayer(lower),
        "throttle": lambda lower, left: ThrottleLayer(lower, 1 << 30, 1 << 30),
        "trace": lambda lower, left: TraceLayer(lower),
        "record": lambda lower, left: RecordLayer(lower, TapeWriter(NullChannel())),
    }
