from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from iochan.channels.adoptfile import adopt_file
from iochan.channels.file import FileChannel
from iochan.channels.pipe import PipeChannel
from iochan.core.channel import Channel
from iochan.core.fd import OwnedFd
from iochan.core.registry import ADOPTERS, known
from iochan.core.stacking import as_channel
from iochan.core.writing import HasFileno
from tests.descriptors import no_descriptor_is_left


def adopt(thing: HasFileno) -> Channel:
    channel = adopt_file(thing)
    assert channel is not None
    return channel


def test_the_registry_knows_it() -> None:
    assert "file" in known(ADOPTERS)


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


def test_a_closed_descriptor_is_refused() -> None:
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    os.close(write_fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        as_channel(read_fd)
