from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from iochan.channels.pipe import PipeChannel
from iochan.channels.pty import PtyChannel
from iochan.channels.stdio import StdioChannel
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError, ChannelTimeout, ConnectError, WouldBlock
from iochan.core.fd import OwnedFd
from iochan.core.op import Op
from tests.descriptors import no_descriptor_is_left
from tests.drivers import RunOp, each_driver

MUCH = bytes(range(256)) * 1000


class Pipes:
    """What a shell gives a program between two others."""

    def __init__(self) -> None:
        self.stdin, self.to_stdin = map(OwnedFd, os.pipe())
        self.from_stdout, self.stdout = map(OwnedFd, os.pipe())

    def open(self) -> StdioChannel:
        return StdioChannel(stdin=self.stdin.fileno(), stdout=self.stdout.fileno())

    def close(self) -> None:
        for end in (self.stdin, self.to_stdin, self.from_stdout, self.stdout):
            end.close()


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    made = Pipes()
    yield made
    made.close()


def flags(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_GETFL)


def send_and_end(fd: OwnedFd, data: bytes) -> None:
    with fd, os.fdopen(fd.detach(), "wb") as file:
        file.write(data)


@each_driver
def test_much_passes_through_pipes_whose_flags_stay_as_they_are(run_op: RunOp, pipes: Pipes) -> None:
    before = [flags(pipes.stdin.fileno()), flags(pipes.stdout.fileno())]
    got = bytearray()

    def collect() -> None:
        while piece := os.read(pipes.from_stdout.fileno(), 65536):
            got.extend(piece)

    def copy(channel: StdioChannel) -> Op[None]:
        while piece := (yield from channel.read_op()):
            yield from channel.write_all_op(piece)
        yield from channel.write_eof_op()

    threads = [
        threading.Thread(target=send_and_end, args=(pipes.to_stdin, MUCH)),
        threading.Thread(target=collect),
    ]
    with pipes.open() as channel:
        for thread in threads:
            thread.start()
        run_op(copy(channel))
        assert flags(pipes.stdin.fileno()) == before[0]
        for thread in threads:
            thread.join()
    assert got == MUCH


def test_an_empty_pipe_times_out_and_a_full_one_would_block(pipes: Pipes) -> None:
    with pipes.open() as channel:
        channel.timeout = 0.01
        with pytest.raises(ChannelTimeout):
            channel.read()
        with pytest.raises(ChannelTimeout):
            channel.readv([bytearray(1), bytearray(1)])
        with pytest.raises(ChannelTimeout):
            channel.write_all(MUCH)
        channel.blocking = False
        with pytest.raises(WouldBlock):
            channel.write(b"x" * 5000)


def test_closing_leaves_the_descriptors_open(pipes: Pipes) -> None:
    pipes.open().close()
    os.write(pipes.stdout.fileno(), b"still")
    assert os.read(pipes.from_stdout.fileno(), 5) == b"still"


def test_after_write_eof_the_reader_sees_the_end_and_the_number_stays_taken(pipes: Pipes) -> None:
    with pipes.open() as channel:
        channel.write_all(b"last")
        channel.write_eof()
        assert os.read(pipes.from_stdout.fileno(), 10) == b"last"
        assert os.read(pipes.from_stdout.fileno(), 10) == b""
        os.write(pipes.stdout.fileno(), b"swallowed")
        os.write(pipes.to_stdin.fileno(), b"in")
        assert channel.read() == b"in"
        with pytest.raises(ChannelClosedError):
            channel.write_all(b"x")


def test_redirected_files_are_always_ready(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"from a file")
    with (
        (tmp_path / "in").open("rb") as stdin,
        (tmp_path / "out").open("wb") as stdout,
        StdioChannel(stdin=stdin.fileno(), stdout=stdout.fileno()) as channel,
    ):
        assert channel.ready(Condition.IN) is Condition.IN
        assert channel.ready(Condition.IN | Condition.OUT) is Condition.IN
        channel.write_all(channel.read())
        assert channel.read() == b""
    assert (tmp_path / "out").read_bytes() == b"from a file"


def test_a_socket_keeps_its_flags_and_is_half_closed() -> None:
    here, there = socket.socketpair()
    with here, there:
        before = flags(here.fileno())
        with StdioChannel(stdin=here.fileno(), stdout=here.fileno()) as channel:
            there.sendall(b"ping")
            assert channel.read() == b"ping"
            channel.write_all(b"pong")
            channel.write_eof()
            assert there.recv(10) == b"pong"
            assert there.recv(10) == b""
            channel.blocking = False
            with pytest.raises(WouldBlock):
                channel.read()
        assert flags(here.fileno()) == before


def test_ready_asks_for_both_directions_at_once(pipes: Pipes) -> None:
    with pipes.open() as channel:
        both = channel.ready(Condition.IN | Condition.OUT)
        assert isinstance(both, Blocked)
        assert len(both.waits) == 2
        assert isinstance(channel.ready(Condition.OUT), Blocked)


@each_driver
def test_a_terminal_that_takes_nothing_blocks_the_driver_and_not_the_process(run_op: RunOp) -> None:
    with (
        PtyChannel(raw=False) as terminal,
        OwnedFd(os.open(terminal.slave, os.O_RDWR | os.O_NOCTTY)) as slave,
    ):
        before = flags(slave.fileno()), termios.tcgetattr(slave.fileno())
        with StdioChannel(stdin=slave.fileno(), stdout=slave.fileno()) as channel:
            channel.timeout = 0.02
            with pytest.raises(ChannelTimeout):
                channel.write_all(b"\n" * 1_000_000)
            channel.timeout = None
            reader = threading.Thread(target=terminal.read_exactly, args=(100_000,))
            reader.start()
            run_op(channel.write_all_op(b"\n" * 50_000))
            reader.join()
            assert (flags(slave.fileno()), termios.tcgetattr(slave.fileno())) == before


def test_a_terminal_without_a_name_is_used_as_it_is() -> None:
    master, slave = map(OwnedFd, os.openpty())
    with master, slave, PipeChannel(slave.detach()) as program:
        before = flags(master.fileno())
        with StdioChannel(stdin=master.fileno(), stdout=master.fileno()) as channel:
            channel.write_all(b"hello\n")
            assert program.read() == b"hello\n"
            program.writev_all([b"a", b"b"])
            assert channel.read_exactly(9) == b"hello\r\nab"
            assert flags(master.fileno()) == before


def test_raw_mode_is_undone_by_the_close() -> None:
    with (
        PtyChannel(raw=False) as terminal,
        OwnedFd(os.open(terminal.slave, os.O_RDWR | os.O_NOCTTY)) as slave,
    ):
        before = flags(slave.fileno()), termios.tcgetattr(slave.fileno())
        with StdioChannel(raw=True, stdin=slave.fileno(), stdout=slave.fileno()) as channel:
            assert not termios.tcgetattr(slave.fileno())[3] & (termios.ECHO | termios.ICANON)
            terminal.write_all(b"\x03")
            assert channel.read() == b"\x03"
            channel.write_all(b"\n")
            assert terminal.read() == b"\n"
            channel.write_eof()
        assert (flags(slave.fileno()), termios.tcgetattr(slave.fileno())) == before


@pytest.mark.parametrize("end", ["raise RuntimeError", "sys.exit(3)", "pass"])
def test_raw_mode_is_undone_when_the_program_ends_in_any_way(end: str) -> None:
    program = (
        "import sys, termios\n"
        "from iochan.channels.stdio import StdioChannel\n"
        "channel = StdioChannel(raw=True)\n"
        "assert not termios.tcgetattr(0)[3] & termios.ECHO\n"
        "channel.write_all(b'ready')\n"
        f"{end}\n"
    )
    with (
        PtyChannel(raw=False) as terminal,
        OwnedFd(os.open(terminal.slave, os.O_RDWR | os.O_NOCTTY)) as slave,
    ):
        before = flags(slave.fileno()), termios.tcgetattr(slave.fileno())
        subprocess.run(
            [sys.executable, "-c", program],
            stdin=slave.fileno(),
            stdout=slave.fileno(),
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=20,
        )
        assert terminal.read_exactly(5) == b"ready"
        assert (flags(slave.fileno()), termios.tcgetattr(slave.fileno())) == before


def test_a_closed_descriptor_is_named_and_the_other_is_not_leaked(pipes: Pipes) -> None:
    missing = 999_999
    with (
        no_descriptor_is_left(),
        pytest.raises(ConnectError, match=r"standard output \(descriptor 999999\) cannot"),
    ):
        StdioChannel(stdin=pipes.stdin.fileno(), stdout=missing)


def test_a_closed_output_does_not_become_a_copy_of_the_input(pipes: Pipes) -> None:
    with OwnedFd(os.dup(pipes.stdout.fileno())) as gone:
        number = gone.fileno()
    # The lowest free number, which the next copy would get.
    with pytest.raises(ConnectError, match=rf"standard output \(descriptor {number}\) cannot"):
        StdioChannel(stdin=pipes.stdin.fileno(), stdout=number)
