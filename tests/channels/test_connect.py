"""One address answers, the others are forgotten, and errors tell what was tried."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from iochan.address import AbstractAddress, FdAddress, InetAddress, UnixAddress, VsockAddress
from iochan.channels.attempt import STAGGER_SECONDS, interleave, race_op
from iochan.channels.connect import SocketAddress, connect_op
from iochan.channels.sockaddr import Target, sockaddr_text
from iochan.channels.sockopt import KeepAlive, SocketOptions
from iochan.channels.unix import UnixChannel
from iochan.core import clock
from iochan.core.errors import AddressError, ChannelTimeout, ConnectError
from iochan.core.facts import LOCAL_ADDRESS, PEER_ADDRESS
from iochan.core.op import run
from tests.drivers import RunOp, each_driver


def open_fds() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def target(sock: socket.socket) -> Target:
    place = sock.getsockname()
    return Target(sock.family, place, sockaddr_text(sock.family, place))


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def black_hole() -> Iterator[Target]:
    """An address that never answers: its queue is full, so the kernel drops whoever comes."""
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(sock.getsockname())
        yield target(sock)


@pytest.fixture
def refused() -> Target:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return target(sock)


@each_driver
def test_a_tcp_server_is_reached_under_every_driver(run_op: RunOp, server: socket.socket) -> None:
    port = server.getsockname()[1]
    with run_op(connect_op(InetAddress("localhost", port, ipv4=True))) as channel:
        peer, address = server.accept()
        with peer:
            assert channel.extra(PEER_ADDRESS) == f"tcp://127.0.0.1:{port}" == channel.name
            assert channel.extra(LOCAL_ADDRESS) == f"tcp://127.0.0.1:{address[1]}"
            channel.write_all(b"hello")
            assert peer.recv(10) == b"hello"
            assert channel.sock.getblocking()


def test_an_ipv6_server_is_reached() -> None:
    with (
        socket.create_server(("::1", 0), family=socket.AF_INET6) as server,
        run(connect_op(InetAddress("::1", server.getsockname()[1]))) as channel,
    ):
        assert channel.extra(PEER_ADDRESS) == f"tcp://[::1]:{server.getsockname()[1]}"


@each_driver
def test_unix_sockets_are_reached_by_path_and_by_name(run_op: RunOp, tmp_path: Path) -> None:
    name = f"iochan-test-{os.getpid()}-{tmp_path.name}"
    addresses: list[SocketAddress] = [
        UnixAddress(str(tmp_path / "s")),
        AbstractAddress(name),
        AbstractAddress(name, tight=False),
    ]
    kernel = [str(tmp_path / "s"), "\0" + name, ("\0" + name).ljust(108, "\0")]
    for address, place in zip(addresses, kernel, strict=True):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(place)
            server.listen()
            with run_op(connect_op(address)) as channel:
                assert isinstance(channel, UnixChannel)
                assert channel.extra(PEER_ADDRESS) == str(address)


@pytest.mark.slow
def test_a_small_delay_separates_the_addresses_and_the_first_answer_wins(
    black_hole: Target, server: socket.socket
) -> None:
    before, start = open_fds(), clock.now()
    with run(race_op([black_hole, target(server)], "tcp://both:1")) as channel:
        took = clock.now() - start
        assert channel.name == target(server).text
        assert open_fds() == before + 1
    assert STAGGER_SECONDS <= took < 10  # the black hole alone would take minutes


@pytest.mark.slow
@each_driver
def test_the_second_address_wins_under_every_driver(
    run_op: RunOp, black_hole: Target, server: socket.socket
) -> None:
    with run_op(race_op([black_hole, target(server)], "tcp://both:1")) as channel:
        assert channel.name == target(server).text


def test_a_refusal_makes_room_for_the_next_at_once(refused: Target, server: socket.socket) -> None:
    start = clock.now()
    with run(race_op([refused, refused, target(server)], "tcp://all:1")) as channel:
        assert channel.name == target(server).text
    assert clock.now() - start < STAGGER_SECONDS


def test_a_cancelled_connection_leaves_no_descriptor(black_hole: Target) -> None:
    before = open_fds()
    op = race_op([black_hole, black_hole], "tcp://both:1")
    next(op)
    assert open_fds() == before + 1
    op.close()
    assert open_fds() == before


@each_driver
def test_a_deadline_ends_the_whole_attempt(run_op: RunOp, black_hole: Target) -> None:
    before = open_fds()
    host, port = black_hole.sockaddr
    with pytest.raises(
        ChannelTimeout, match=rf"connecting to tcp://127\.0\.0\.1:{port} did not end within 0\.02 s"
    ):
        run_op(connect_op(InetAddress(host, port), timeout=0.02))
    assert open_fds() == before


@each_driver
def test_a_refused_connection_says_who_refused_and_what_to_check(run_op: RunOp, refused: Target) -> None:
    before = open_fds()
    text = rf"{refused.text}: connection refused: is the server running\?".replace(".", r"\.")
    with pytest.raises(ConnectError, match=f"^{text}$") as caught:
        run_op(connect_op(InetAddress(*refused.sockaddr)))
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert open_fds() == before


def test_every_address_that_was_tried_is_in_the_message(refused: Target) -> None:
    port = refused.sockaddr[1]
    six = Target(socket.AF_INET6, ("::1", port, 0, 0), f"tcp://[::1]:{port}")
    wanted = r"^tcp://localhost:1: 127\.0\.0\.1: connection refused; ::1: connection refused: is the server"
    with pytest.raises(ConnectError, match=wanted):
        run(race_op([refused, six], "tcp://localhost:1"))


def test_a_missing_unix_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="no such file or directory: is the server running"):
        run(connect_op(UnixAddress(str(tmp_path / "none"))))


def test_a_full_unix_queue_is_waited_for(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(path)
        server.listen(0)
        first = stack.enter_context(run(connect_op(UnixAddress(path))))
        op = connect_op(UnixAddress(path))
        assert next(op).deadline is not None
        stack.enter_context(server.accept()[0])
        second = stack.enter_context(run(op))
        assert first.name == second.name


def test_families_take_turns_beginning_with_the_first() -> None:
    def places(text: str) -> list[Target]:
        return [Target(int(name[0]), name, name) for name in text.split()]

    assert [t.text for t in interleave(places("6a 6b 6c 4a 4b"))] == ["6a", "4a", "6b", "4b", "6c"]
    assert interleave([]) == []


def test_small_writes_are_not_delayed_unless_asked(server: socket.socket) -> None:
    host, port = server.getsockname()

    def nodelay(address: InetAddress) -> bool:
        with run(connect_op(address)) as channel:
            return bool(channel.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    assert nodelay(InetAddress(host, port))
    assert not nodelay(InetAddress(host, port, nodelay=False))
    with run(connect_op(InetAddress(host, port))) as channel:
        channel.set_delay(True)
        assert not channel.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_keep_alive_comes_from_the_address(server: socket.socket) -> None:
    address = InetAddress(
        *server.getsockname(), keep_alive=True, keep_alive_idle=11, keep_alive_interval=7, keep_alive_count=3
    )
    with run(connect_op(address)) as channel:
        get = channel.sock.getsockopt
        assert get(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert get(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 11
        assert get(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 7
        assert get(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3


def test_buffers_and_the_user_timeout_are_set_before_it_connects(server: socket.socket) -> None:
    options = SocketOptions(keep_alive=KeepAlive(), user_timeout=1.5, send_buffer=32768, receive_buffer=16384)
    with run(connect_op(InetAddress(*server.getsockname()), options=options)) as channel:
        get = channel.sock.getsockopt
        assert get(socket.SOL_SOCKET, socket.SO_SNDBUF) == 65536
        assert get(socket.SOL_SOCKET, socket.SO_RCVBUF) == 32768
        assert get(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1500


def test_a_descriptor_is_adopted() -> None:
    left, right = socket.socketpair()
    with right, run(connect_op(FdAddress(left.detach()))) as channel:
        right.sendall(b"hello")
        assert channel.read() == b"hello"


def test_descriptors_that_are_no_connected_socket_are_refused(server: socket.socket) -> None:
    reader, writer = os.pipe()
    for number, reason in ((reader, "is no socket"), (server.fileno(), "listening"), (9999, "bad file")):
        with pytest.raises(
            ConnectError, match=f"(?i)fd://{number}: .*{reason}.*: give a connected stream socket"
        ):
            run(connect_op(FdAddress(number)))
    os.close(reader)
    os.close(writer)
    with pytest.raises(ConnectError, match="give a number"):
        run(connect_op(FdAddress(None)))


def test_a_virtual_machine_that_is_not_there_is_an_error() -> None:
    # 4095 is nobody's: without the kernel's support, or without the machine, it fails at once.
    address: SocketAddress = VsockAddress(4095, 1)
    with pytest.raises((ConnectError, ChannelTimeout), match="vsock://4095:1"):
        run(connect_op(address, timeout=0.1))


def test_impossible_addresses_are_refused_before_anything_happens() -> None:
    with pytest.raises(AddressError, match="both off"):
        InetAddress("localhost", 1, ipv4=False, ipv6=False)
