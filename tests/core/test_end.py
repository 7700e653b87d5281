from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from iochan.core.blocked import Pollable
from iochan.core.end import End, directions, watchable


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/dev/null", False), ("/dev/zero", False), ("/dev/ptmx", True), ("/", False), (__file__, False)],
)
def test_the_kernel_can_watch_terminals_and_no_files(path: str, expected: bool) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_NOCTTY)
    assert watchable(fd) is expected
    os.close(fd)


def test_the_kernel_can_watch_pipes_and_sockets() -> None:
    left, right = socket.socketpair()
    read_fd, write_fd = os.pipe()
    with left, right:
        assert all(watchable(fd) for fd in (left.fileno(), read_fd, write_fd))
    assert directions(read_fd) == (True, False)
    assert directions(write_fd) == (False, True)
    os.close(read_fd)
    os.close(write_fd)


def test_who_asked_is_told_once_while_the_descriptor_is_still_open(tmp_path: Path) -> None:
    end = End(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT), reads=True, writes=True)
    told: list[int] = []

    def forget(pollable: Pollable) -> None:
        os.fstat(pollable.fileno())
        told.append(pollable.fileno())

    fd = end.fileno()
    end.on_close(forget)
    end.close()
    end.close()
    assert told == [fd]
    assert end.fileno() == -1
