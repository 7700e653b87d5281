"""One listener, several addresses: fair, pausable, and tidy about the paths that it made."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from iochan.address import FdAddress, InetAddress, VsockAddress
from iochan.channels.errors import ListenError
from iochan.channels.listen import SocketListener, listen_op
from iochan.core.blocked import Blocked
from iochan.core.errors import ChannelClosedError, ChannelTimeout
from iochan.core.facts import LOCAL_ADDRESS, PEER_ADDRESS
from iochan.core.op import run
from iochan.core.opening import listen
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from tests.drivers import RunOp, each_driver

ANY = InetAddress("127.0.0.1", 0)


def open_fds() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def port_of(listener: SocketListener) -> int:
    return int(listener.addresses[0].rpartition(":")[2])


def client(address: str) -> socket.socket:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)))


@pytest.fixture
def pair_of_sockets() -> Iterator[SocketListener]:
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    with SocketListener(socks) as listener:
        yield listener


@each_driver
def test_a_client_is_accepted_under_every_driver(run_op: RunOp) -> None:
    with (
        run_op(listen_op(ANY)) as listener,
        client(listener.addresses[0]) as sock,
        run_op(listener.accept_op()) as channel,
    ):
        assert channel.extra(PEER_ADDRESS) == channel.name == f"tcp://127.0.0.1:{sock.getsockname()[1]}"
        assert channel.extra(LOCAL_ADDRESS) == listener.addresses[0]
        sock.sendall(b"hello")
        assert run_op(channel.read_op()) == b"hello"


def test_accepted_channels_do_not_delay_small_writes_and_are_close_on_exec() -> None:
    with run(listen_op(ANY)) as listener, client(listener.addresses[0]), listener.accept() as channel:
        sock = socket.fromfd(channel.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with sock:
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not os.get_inheritable(channel.fileno())
        assert os.get_blocking(channel.fileno())


def test_nobody_there_is_one_constant_value(pair_of_sockets: SocketListener) -> None:
    blocked = pair_of_sockets.try_accept()
    assert isinstance(blocked, Blocked)
    assert blocked is pair_of_sockets.try_accept()
    assert len(blocked.waits) == 4
    with pytest.raises(ChannelTimeout):
        pair_of_sockets.accept(timeout=0)


def test_several_addresses_are_served_in_turn(pair_of_sockets: SocketListener) -> None:
    with contextlib.ExitStack() as stack:
        for address in pair_of_sockets.addresses * 2:
            stack.enter_context(client(address))
        seen = [stack.enter_context(pair_of_sockets.accept()).extra(LOCAL_ADDRESS) for _ in range(6)]
    assert seen == list(pair_of_sockets.addresses * 2)


def test_a_paused_listener_leaves_clients_in_the_queue(pair_of_sockets: SocketListener) -> None:
    listener = pair_of_sockets
    for _ in range(2):
        listener.pause()
        with client(listener.addresses[0]):
            with pytest.raises(ChannelTimeout):
                listener.accept(timeout=0.01)
            assert listener.try_accept() is listener.try_accept()
            listener.resume()
            listener.accept(timeout=5).close()


@each_driver
def test_a_resume_from_another_thread_wakes_who_waits(run_op: RunOp, pair_of_sockets: SocketListener) -> None:
    listener = pair_of_sockets
    listener.pause()
    with client(listener.addresses[1]):
        timer = threading.Timer(0.01, listener.resume)
        timer.start()
        with run_op(listener.accept_op()) as channel:
            assert channel.extra(LOCAL_ADDRESS) == listener.addresses[1]
        timer.join()


@each_driver
def test_a_close_from_another_thread_wakes_who_waits(run_op: RunOp) -> None:
    listener = run(listen_op(ANY))
    timer = threading.Timer(0.01, listener.close)
    timer.start()
    if run_op is run:
        with pytest.raises(ChannelClosedError):
            run_op(listener.accept_op())
    timer.join()
    listener.close()
    assert listener.addresses == ()
    with pytest.raises(ChannelClosedError, match="closed"):
        listener.try_accept()


def test_a_listener_closed_in_a_loop_ends_its_waiting_task() -> None:
    loop = PollLoop()
    listener = run(listen_op(ANY))
    task = Task(loop, listener.accept_op(), lambda _: loop.stop())
    loop.turn()
    listener.close()
    loop.run()
    with pytest.raises(ChannelClosedError):
        task.result()


def test_a_connection_that_died_in_the_queue_is_passed_over() -> None:
    with run(listen_op(ANY)) as listener:
        dead = client(listener.addresses[0])
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        dead.close()
        with client(listener.addresses[0]) as alive:
            wanted = f"tcp://127.0.0.1:{alive.getsockname()[1]}"
            names: list[str] = []
            while wanted not in names:
                with listener.accept(timeout=5) as channel:
                    names.append(channel.name)
            # The kernel may hand out the dead one first, and then never again.
            assert names[-1] == wanted
            assert len(names) <= 2


def test_without_free_descriptors_accept_fails_and_the_client_stays_in_the_queue() -> None:
    with run(listen_op(ANY)) as listener, client(listener.addresses[0]):
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            with pytest.raises(
                OSError, match=r"cannot accept on tcp://127.*: too many open files: close some"
            ) as caught:
                listener.try_accept()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert caught.value.errno == errno.EMFILE
        listener.accept(timeout=5).close()


def test_every_family_is_listened_at_on_one_port() -> None:
    with run(listen_op(InetAddress("", 0))) as listener:
        port = port_of(listener)
        assert sorted(listener.addresses) == [f"tcp://0.0.0.0:{port}", f"tcp://[::]:{port}"]
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, port)):
                listener.accept(timeout=5).close()


def test_one_ipv6_socket_takes_both_families_when_both_are_asked_for() -> None:
    with run(listen_op(InetAddress("", 0, ipv4=True, ipv6=True))) as listener:
        port = port_of(listener)
        assert listener.addresses == (f"tcp://[::]:{port}",)
        with socket.create_connection(("127.0.0.1", port)), listener.accept(timeout=5) as channel:
            assert str(channel.extra(PEER_ADDRESS)).startswith("tcp://[::ffff:127.0.0.1]:")


def test_ipv6_alone_refuses_ipv4() -> None:
    with run(listen_op(InetAddress("", 0, ipv6=True))) as listener, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(listener)))


def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        before = open_fds()
        wanted = rf"cannot listen at tcp://127\.0\.0\.1:{port}: address already in use: .*another port"
        with pytest.raises(ListenError, match=wanted) as caught:
            run(listen_op(InetAddress("127.0.0.1", port)))
        assert caught.value.errno == errno.EADDRINUSE
        assert open_fds() == before


def test_one_family_of_a_host_is_enough() -> None:
    with socket.create_server(("0.0.0.0", 0)) as sock:
        port = sock.getsockname()[1]
        with run(listen_op(InetAddress("", port))) as listener:
            assert listener.addresses == (f"tcp://[::]:{port}",)


def test_a_range_of_ports_gives_the_first_free_one() -> None:
    for _ in range(20):
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                stack.enter_context(socket.create_server(("127.0.0.1", port + 1))).close()
                with run(listen_op(InetAddress("127.0.0.1", port, to=port + 1))) as listener:
                    assert port_of(listener) == port + 1
                    return
    pytest.fail("no two ports in a row were free")


def test_a_range_without_a_free_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(ListenError, match=f"{port} to {port}: address already in use"):
            run(listen_op(InetAddress("127.0.0.1", port, to=port)))


def test_a_port_that_is_bound_but_does_not_listen_yet_is_passed_over() -> None:
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with run(listen_op(InetAddress("127.0.0.1", port))) as listener:
            assert port_of(listener) == port
            with pytest.raises(OSError, match="in use"):
                bound.listen()


def test_an_address_of_another_machine_is_an_error() -> None:
    with pytest.raises(ListenError, match="this machine does not have the address"):
        run(listen_op(InetAddress("192.0.2.1", 0)))


def test_a_descriptor_that_cannot_listen_is_refused() -> None:
    before = open_fds()
    left, right = socket.socketpair()
    right.close()
    with pytest.raises(ListenError, match="give a bound stream socket"):
        run(listen_op(FdAddress(left.detach())))
    with pytest.raises(ListenError, match="descriptor 9999 cannot listen: bad file descriptor"):
        run(listen_op(FdAddress(9999)))
    assert open_fds() == before


def test_a_listener_needs_sockets_that_listen() -> None:
    with pytest.raises(ListenError, match="without a socket"):
        SocketListener([])
    with pytest.raises(ListenError, match="does not listen"):
        SocketListener([socket.socket(), socket.create_server(("127.0.0.1", 0))])


def test_a_virtual_machine_that_is_not_ours_cannot_be_listened_at() -> None:
    with pytest.raises(ListenError, match="cannot listen at vsock://4095:1"):
        run(listen_op(VsockAddress(4095, 1)))


def test_everything_is_given_back() -> None:
    before = open_fds()
    with run(listen_op(InetAddress("", 0))) as listener:
        listener.pause()
        listener.resume()
        listener.pause()
    assert open_fds() == before
    assert repr(listener) == "<SocketListener closed>"


def test_a_client_that_resets_before_it_is_accepted_still_has_a_name() -> None:
    with listen("tcp://127.0.0.1:0") as listener:
        port = int(listener.addresses[0].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            name = f"tcp://127.0.0.1:{client.getsockname()[1]}"
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with listener.accept(20) as channel:
            assert channel.extra(PEER_ADDRESS) == name
