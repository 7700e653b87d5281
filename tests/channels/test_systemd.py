"""Sockets from systemd: taken once, by name, and hidden from children."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from iochan.address import FdAddress, UnixAddress
from iochan.channels import systemd
from iochan.channels.connect import connect_op
from iochan.channels.errors import ListenError
from iochan.channels.listen import from_systemd, listen_op
from iochan.core.op import run

Pass = Callable[[list[socket.socket], str], list[int]]


@pytest.fixture
def pass_socks(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Passes sockets as systemd does, except that they are not the process's first descriptors."""

    def pass_them(socks: list[socket.socket], names: str) -> list[int]:
        first = 500
        for index, sock in enumerate(socks):
            os.dup2(sock.fileno(), first + index, inheritable=True)
            sock.close()
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        monkeypatch.setenv("LISTEN_FDS", str(len(socks)))
        monkeypatch.setenv("LISTEN_FDNAMES", names)
        systemd.claim_passed(first)
        return [first + index for index in range(len(socks))]

    return pass_them


def test_passed_sockets_are_taken_by_name_and_the_rest_together(pass_socks: Pass, tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in "abc"]
    socks = []
    for path in paths:
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(path)
        sock.listen()
        socks.append(sock)
    fds = pass_socks(socks, "web:admin:web")
    assert not any(os.get_inheritable(fd) for fd in fds)
    assert not {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} & set(os.environ)
    with run(listen_op(FdAddress(None, "web"))) as web, from_systemd() as rest:
        assert web.addresses == (f"unix://{paths[0]}", f"unix://{paths[2]}")
        assert rest.addresses == (f"unix://{paths[1]}",)
        with run(connect_op(UnixAddress(paths[2]))):
            web.accept(timeout=5).close()
    assert all(Path(path).exists() for path in paths)
    with pytest.raises(ListenError, match="systemd passed no socket, left are: none"):
        from_systemd()


def test_an_unknown_name_says_what_there_is(pass_socks: Pass) -> None:
    pass_socks([socket.create_server(("127.0.0.1", 0))], "")
    with pytest.raises(ListenError, match="no socket 'web', left are: unknown"):
        from_systemd("web")
    from_systemd("unknown").close()


def test_what_is_no_listening_stream_socket_is_refused_and_all_are_closed(pass_socks: Pass) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    socks = [socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM), socket.socket()]
    pass_socks(socks, "a:b:c")
    with pytest.raises(ListenError, match=r"501 \(b\), 502 \(c\): set ListenStream="):
        from_systemd()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_sockets_for_another_process_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + 1))
    monkeypatch.setenv("LISTEN_FDS", "1")
    with pytest.raises(ListenError, match="no socket"):
        from_systemd()
    assert os.environ["LISTEN_FDS"] == "1"


@pytest.mark.parametrize("count", ["x", "-1", "99999999999"])
def test_a_count_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, count: str) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDS", count)
    with pytest.raises(ListenError, match="LISTEN_FDS is"):
        from_systemd()
