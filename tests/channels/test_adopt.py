"""Sockets made elsewhere become channels of the right kind, with one owner."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

import pytest

from iochan.channels.adopt import adopt_socket
from iochan.channels.socket import SocketChannel
from iochan.channels.unix import UnixChannel
from iochan.core.facts import PEER_ADDRESS
from iochan.core.fd import OwnedFd
from iochan.core.writing import HasFileno


def open_fds() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("kind", ["number", "socket", "owned", "file"])
def test_each_kind_of_socket_has_one_owner_afterwards(kind: str) -> None:
    before = open_fds()
    left, right = socket.socketpair()
    thing: HasFileno = left
    if kind == "number":
        thing = left.detach()
    elif kind == "owned":
        thing = OwnedFd(left.detach())
    elif kind == "file":
        thing = os.fdopen(left.detach(), "rb", buffering=0)
    channel = adopt_socket(thing)
    assert isinstance(channel, UnixChannel)
    assert not os.get_inheritable(channel.fileno())
    with right, channel:
        right.sendall(b"hello")
        assert channel.read() == b"hello"
    assert open_fds() == before


def test_a_tcp_socket_knows_its_peer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        channel = adopt_socket(socket.create_connection(server.getsockname()))
        assert type(channel) is SocketChannel
        with channel:
            assert channel.extra(PEER_ADDRESS) == channel.name == f"tcp://127.0.0.1:{server.getsockname()[1]}"


def test_what_is_no_socket_is_left_to_others() -> None:
    reader, writer = os.pipe()
    assert adopt_socket(reader) is None
    os.close(reader)
    os.close(writer)


def test_other_kinds_of_sockets_are_refused_and_stay_the_callers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock, pytest.raises(TypeError, match="listening"):
        adopt_socket(sock)
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        with pytest.raises(TypeError, match="only a stream"):
            adopt_socket(sock)
        assert sock.fileno() >= 0


def test_a_socket_with_tls_in_it_is_refused() -> None:
    left, right = socket.socketpair()
    with right:
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(left, server_hostname="x", do_handshake_on_connect=False)
        with wrapped, pytest.raises(TypeError, match=r"stack tls_client\(\)"):
            adopt_socket(wrapped)


def test_a_closed_descriptor_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        adopt_socket(9999)
