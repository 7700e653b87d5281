from __future__ import annotations

import asyncio
import os
import signal
import termios
from pathlib import Path

import pytest

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.channels.pipe import PipeChannel
from iochan.channels.pty import PtyChannel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelTimeout, ConnectError, UnsupportedFeature
from iochan.core.facts import PEER_PID
from iochan.core.op import Op
from tests.descriptors import no_descriptor_is_left
from tests.drivers import RunOp, each_driver


def drain(channel: PtyChannel) -> Op[bytes]:
    data = b""
    while piece := (yield from channel.read_op()):
        data += piece
    return data


@each_driver
def test_all_output_of_a_program_comes_and_then_the_end(run_op: RunOp) -> None:
    with no_descriptor_is_left():
        channel = PtyChannel.spawn(["seq", "2000"])
        assert run_op(drain(channel)) == b"".join(b"%d\r\n" % n for n in range(1, 2001))
        assert channel.ready(Condition.IN) is Condition.IN
        run_op(channel.close_op())
        assert channel.exit_status == 0


def test_the_terminal_is_the_controlling_one_of_the_program() -> None:
    script = "test -t 0 && test -t 1 && test -t 2 && exec 3</dev/tty && test -t 3 && tty && ps -o tty= -p $$"
    with PtyChannel.spawn(["sh", "-c", script]) as channel:
        lines = b"".join(iter(channel.read, b"")).split()
        assert lines == [channel.slave.encode(), channel.slave.removeprefix("/dev/").encode()]


def test_the_interrupt_key_signals_the_program() -> None:
    with PtyChannel.spawn(["sh", "-c", "echo ready; exec cat"]) as channel:
        channel.read_exactly(len(b"ready\r\n"))
        channel.write_all(b"\x03")
        assert channel.wait(10) == -signal.SIGINT


def test_arguments_are_nobody_elses_language() -> None:
    words = ["$HOME", "a b", "-n", "'; exit 9", "*", ""]
    with PtyChannel.spawn(["printf", "<%s>", *words]) as channel:
        assert b"".join(iter(channel.read, b"")) == "".join(f"<{word}>" for word in words).encode()


def test_the_window_has_the_size_that_was_asked_for_and_can_change() -> None:
    script = "trap 'stty size; exit' WINCH; stty size; while :; do read line; done"
    with PtyChannel.spawn(["sh", "-c", script], rows=11, columns=22) as channel:
        assert channel.window_size == (11, 22)
        assert channel.read_exactly(7) == b"11 22\r\n"
        channel.window_size = (33, 44)
        channel.write_all(b"\n")
        output = b"".join(iter(channel.read, b""))
    assert b"33 44" in output


def test_close_hangs_up() -> None:
    channel = PtyChannel.spawn(["sh", "-c", "echo ready; exec cat"])
    assert channel.extra(PEER_PID) == channel.pid
    assert channel.read_exactly(7) == b"ready\r\n"
    channel.close()
    assert channel.exit_status == -signal.SIGHUP


def test_a_program_that_ignores_the_hangup_holds_up_the_close_for_its_limit_only() -> None:
    script = "trap '' HUP; echo ready; exec tail -f /dev/null"
    channel = PtyChannel.spawn(["sh", "-c", script])
    assert channel.read_exactly(7) == b"ready\r\n"
    with no_more_than(channel), pytest.raises(ChannelTimeout):
        channel.close(0.02)
    assert channel.closed


class no_more_than:  # noqa: N801 - reads as a word
    """Kills the program at the end, which goes on by design."""

    def __init__(self, channel: PtyChannel) -> None:
        self.channel = channel

    def __enter__(self) -> None:
        return

    def __exit__(self, *error: object) -> None:
        self.channel.kill(signal.SIGKILL)
        assert self.channel.wait(10) == -signal.SIGKILL


def test_a_bare_one_passes_bytes_unchanged_and_outlives_its_clients(tmp_path: Path) -> None:
    link = tmp_path / "console"
    every = bytes(range(256))
    with no_descriptor_is_left():
        with PtyChannel(link=link) as channel:
            assert link.resolve() == Path(channel.slave)
            assert channel.pid is None
            assert channel.exit_status is None
            for _ in range(2):
                with PipeChannel(os.open(link, os.O_RDWR | os.O_NOCTTY)) as client:
                    client.write_all(every)
                    assert channel.read_exactly(256) == every
                    channel.write_all(every)
                    assert client.read_exactly(256) == every
                channel.timeout = 0.01
                with pytest.raises(ChannelTimeout):
                    channel.read()
                channel.timeout = None
        assert not link.is_symlink()


def test_the_usual_mode_of_a_terminal_echoes() -> None:
    with PtyChannel(raw=False) as channel:
        channel.write_all(b"x")
        assert channel.read() == b"x"


def test_a_link_never_takes_the_place_of_anything(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("mine")
    with (
        no_descriptor_is_left(),
        pytest.raises(ConnectError, match=r"taken to /dev/pts/.* cannot be made: file exists"),
    ):
        PtyChannel(link=place)
    assert place.read_text() == "mine"


def test_a_link_that_somebody_has_replaced_stays(tmp_path: Path) -> None:
    link = tmp_path / "link"
    with PtyChannel(link=link):
        link.unlink()
        link.write_text("theirs")
    assert link.read_text() == "theirs"


def test_a_program_that_cannot_be_run_is_named_and_leaks_nothing(tmp_path: Path) -> None:
    with no_descriptor_is_left():
        for name in ("no-such-program", "/dev/null", str(tmp_path / "nope")):
            with pytest.raises(
                ConnectError, match=f"{name} cannot be run: no such program, or no permission"
            ):
                PtyChannel.spawn([name], link=tmp_path / "link")
        with pytest.raises(ConnectError):
            PtyChannel.spawn(["true"], cwd=tmp_path / "nope", link=tmp_path / "link")
    assert not (tmp_path / "link").is_symlink()


def test_one_direction_cannot_be_ended_alone() -> None:
    with PtyChannel() as channel, pytest.raises(UnsupportedFeature):
        channel.write_eof()


def test_a_conversation_can_be_awaited() -> None:
    async def talk() -> bytes:
        channel = PtyChannel.spawn(["sh", "-c", "stty -echo; echo ready; read line; echo got $line"])
        view = AsyncChannel(channel)
        got = b""
        while not got.endswith(b"ready\r\n"):
            got += await view.read()
        await view.write_all(b"it\n")
        got = b""
        while piece := await view.read():
            got += piece
        await arun(channel.close_op())
        return got

    assert asyncio.run(talk()) == b"got it\r\n"


def test_the_modes_of_a_bare_one_are_raw() -> None:
    with PtyChannel() as channel:
        fd = os.open(channel.slave, os.O_RDWR | os.O_NOCTTY)
        assert not termios.tcgetattr(fd)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
        os.close(fd)
