from __future__ import annotations

import os
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from iochan.channels.adopt import adopt
from iochan.channels.file import FileChannel
from iochan.channels.pipe import PipeChannel
from iochan.channels.unix import UnixChannel
from iochan.core.channel import Channel
from iochan.core.fd import OwnedFd
from iochan.core.registry import ADOPTERS, known
from iochan.core.stacking import as_channel
from tests.descriptors import no_descriptor_is_left


def test_the_registry_knows_it() -> None:
    assert "descriptor" in known(ADOPTERS)


@pytest.mark.parametrize(
    "kind", [lambda sock: sock, lambda sock: sock.detach()], ids=["object", "descriptor"]
)
def test_a_socket_becomes_a_socket_channel(kind: object) -> None:
    with no_descriptor_is_left():
        left, right = socket.socketpair()
        with right, as_channel(kind(left)) as channel:  # type: ignore[operator] # one of the two above
            assert type(channel) is UnixChannel
            left.close()
            channel.write_all(b"hello")
            assert right.recv(5) == b"hello"


def test_descriptors_become_the_channel_of_their_kind(tmp_path: Path) -> None:
    with no_descriptor_is_left():
        read_fd, write_fd = os.pipe()
        expected: dict[int, type[Channel]] = {
            read_fd: PipeChannel,
            write_fd: PipeChannel,
            os.open(tmp_path / "new", os.O_RDWR | os.O_CREAT): FileChannel,
            os.open("/dev/null", os.O_RDWR): FileChannel,
            os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY): PipeChannel,
        }
        for fd, kind in expected.items():
            with adopt(fd) as channel:
                assert isinstance(channel, kind)
                assert channel.fileno() == fd


def test_a_file_object_gives_up_its_file_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with no_descriptor_is_left(), path.open("r+b") as file:
        assert file.read(3) == b"012"
        with adopt(file) as channel:
            assert channel.read(2) == b"34"
        writer = path.open("ab")
        writer.write(b"buffered")
        adopt(writer).close()
    assert path.read_bytes() == b"0123456789buffered"


def test_the_pipe_of_a_process_is_taken_over() -> None:
    with subprocess.Popen(["echo", "hi"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with adopt(process.stdout) as channel:
            assert channel.read_exactly(3) == b"hi\n"


def test_an_owned_descriptor_has_a_new_owner(tmp_path: Path) -> None:
    owned = OwnedFd(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    with adopt(owned):
        assert owned.fileno() == -1


def test_sockets_that_are_no_connected_streams_are_refused_and_stay_the_callers() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, no_descriptor_is_left():
        with pytest.raises(TypeError, match="is a SOCK_DGRAM socket: only a stream"):
            adopt(sock)
        assert sock.fileno() >= 0
    with socket.create_server(("127.0.0.1", 0)) as sock, no_descriptor_is_left():
        with pytest.raises(TypeError, match="is a listening socket"):
            adopt(sock.fileno())
        os.fstat(sock.fileno())


def test_a_socket_with_tls_of_its_own_is_refused() -> None:
    left, right = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    with (
        right,
        left,
        context.wrap_socket(left, do_handshake_on_connect=False) as secured,
        pytest.raises(TypeError, match="SSLSocket"),
    ):
        adopt(secured)


def test_a_closed_descriptor_is_refused() -> None:
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    os.close(write_fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        as_channel(read_fd)
