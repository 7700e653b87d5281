"""Listening at a unix path or abstract name: who makes the path, who removes it."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from iochan.address import AbstractAddress, FdAddress, UnixAddress
from iochan.channels.connect import connect_op
from iochan.channels.errors import ListenError
from iochan.channels.listen import listen_op
from iochan.channels.unix import UnixChannel
from iochan.core.facts import PEER_PID
from iochan.core.fd import FdBox
from iochan.core.op import run
from tests.drivers import RunOp, each_driver


def open_fds() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@each_driver
def test_a_unix_path_lives_as_long_as_its_listener(run_op: RunOp, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with run_op(listen_op(UnixAddress(str(path)))) as listener:
        assert listener.addresses == (f"unix://{path}",)
        with run_op(connect_op(UnixAddress(str(path)))) as near, listener.accept(timeout=5) as far:
            assert isinstance(far, UnixChannel)
            assert far.name == f"unix://{path}#1"
            assert far.extra(PEER_PID) == os.getpid()
            near.writev([b"x"], fds=[0])
            with FdBox() as box:
                far.readv([bytearray(1)], fds=box)
                assert len(box) == 1
        assert path.exists()
    assert not path.exists()


def test_the_path_is_gone_also_when_the_listener_closes_first(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listener = run(listen_op(UnixAddress(str(path))))
    near = run(connect_op(UnixAddress(str(path))))
    far = listener.accept()
    listener.close()
    assert not path.exists()
    far.write_all(b"still here")
    assert near.read() == b"still here"
    near.close()
    far.close()


def test_a_dead_servers_path_is_taken_over_and_a_living_ones_is_not(tmp_path: Path) -> None:
    address = UnixAddress(str(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(address.path)
    with run(listen_op(address)) as listener:
        before = open_fds()
        with pytest.raises(ListenError, match=f"{address}: a program listens there already"):
            run(listen_op(address))
        assert open_fds() == before
        assert (tmp_path / "s").exists()
        with run(connect_op(address)):
            # The first in the queue is the probe of the one who was refused.
            listener.accept(timeout=5).close()
            listener.accept(timeout=5).close()


def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(ListenError, match="no socket is there, choose another path"):
        run(listen_op(UnixAddress(str(path))))
    assert path.read_text() == "precious"


def test_a_path_that_somebody_else_made_since_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listener = run(listen_op(UnixAddress(str(path))))
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        listener.close()
        assert path.exists()


def test_a_forked_child_removes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with run(listen_op(UnixAddress(str(path)))) as listener:
        child = os.fork()
        if child == 0:
            listener.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert path.exists()
        with run(connect_op(UnixAddress(str(path)))):
            listener.accept(timeout=5).close()


def test_a_relative_path_is_removed_from_another_directory_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listener = run(listen_op(UnixAddress("s")))
    monkeypatch.chdir("/")
    listener.close()
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_the_mode_of_a_path_is_what_was_asked_for(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "s"
    with run(listen_op(UnixAddress(str(path)), mode=mode)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_missing_directory_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(ListenError, match="no such file or directory: check the directory"):
        run(listen_op(UnixAddress(str(tmp_path / "none" / "s"))))


@pytest.mark.parametrize("server_tight", [True, False])
@pytest.mark.parametrize("client_tight", [True, False])
def test_tight_and_padded_abstract_names_are_two_names(server_tight: bool, client_tight: bool) -> None:
    name = f"iochan-test-{os.getpid()}"
    with run(listen_op(AbstractAddress(name, tight=server_tight))) as listener:
        assert listener.addresses == (str(AbstractAddress(name, tight=server_tight)),)
        op = connect_op(AbstractAddress(name, tight=client_tight))
        if server_tight is client_tight:
            run(op).close()
        else:
            with pytest.raises(ConnectionError):
                run(op)


def test_a_passed_socket_listens_and_keeps_its_path(tmp_path: Path) -> None:
    path = tmp_path / "s"
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    with run(listen_op(FdAddress(sock.detach()))) as listener, run(connect_op(UnixAddress(str(path)))):
        listener.accept(timeout=5).close()
    assert path.exists()
