from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.channels.command import CommandChannel
from iochan.core.errors import ChannelBrokenError, ChannelTimeout, ConnectError, UnsupportedFeature
from iochan.core.facts import EXIT_STATUS, PEER_PID
from iochan.core.op import Op
from tests.descriptors import no_descriptor_is_left
from tests.drivers import RunOp, each_driver

MUCH = bytes(range(256)) * 2000


@each_driver
def test_what_is_written_is_its_input_and_what_is_read_its_output(run_op: RunOp) -> None:
    def op(channel: CommandChannel) -> Op[bytes]:
        yield from channel.write_all_op(b"hello\n")
        yield from channel.write_eof_op()
        data = b""
        while piece := (yield from channel.read_op()):
            data += piece
        yield from channel.close_op()
        return data

    with no_descriptor_is_left():
        channel = CommandChannel(["tr", "a-z", "A-Z"])
        assert run_op(op(channel)) == b"HELLO\n"
        assert channel.exit_status == 0


def test_much_goes_through_it_while_two_threads_use_it() -> None:
    got = bytearray(len(MUCH))
    with CommandChannel(["cat"]) as channel:
        thread = threading.Thread(target=channel.write_all, args=(MUCH,))
        thread.start()
        channel.readv_all([got])
        thread.join()
    assert got == MUCH


def test_close_waits_until_what_was_written_has_been_processed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with CommandChannel(["sh", "-c", 'cat > "$0"; printf done >> "$0"; exit 5', str(out)], "w") as channel:
        channel.write_all(b"data ")
    assert out.read_bytes() == b"data done"
    assert channel.exit_status == 5
    assert channel.wait() == 5


def test_close_has_no_limit_unless_it_is_given_one_and_then_the_command_goes_on() -> None:
    with no_descriptor_is_left():
        channel = CommandChannel(["sh", "-c", "trap '' PIPE; read line <&9"], "w", unused=None)
        channel.abort()
        read_fd, write_fd = os.pipe()
        with CommandChannel(["cat"], "r", unused=read_fd) as reader:
            os.close(read_fd)
            with pytest.raises(ChannelTimeout):
                reader.close(0.01)
            assert reader.closed
            assert reader.exit_status is None
            os.close(write_fd)
            assert reader.wait(10) == 0


def test_a_command_whose_output_nobody_reads_does_not_hold_up_the_close() -> None:
    channel = CommandChannel(["sh", "-c", "exec yes"])
    assert channel.read(2) == b"y\n"
    channel.close(10)
    assert channel.exit_status == -signal.SIGPIPE


def test_an_awaited_close_waits_in_the_loop() -> None:
    async def talk() -> bytes:
        channel = CommandChannel(["cat"])
        view = AsyncChannel(channel)
        await view.write_all(b"hello")
        data = await view.read()
        await arun(channel.close_op())
        assert channel.exit_status == 0
        return data

    assert asyncio.run(talk()) == b"hello"


def test_one_way_access_refuses_the_other() -> None:
    with CommandChannel(["echo", "hi"], "r") as reader:
        assert reader.read_exactly(3) == b"hi\n"
        assert reader.read() == b""
        with pytest.raises(UnsupportedFeature):
            reader.write_all(b"x")
    with CommandChannel(["cat"], "w") as writer, pytest.raises(UnsupportedFeature):
        writer.read()
    with pytest.raises(ValueError, match="access 'both'"):
        CommandChannel(["cat"], "both")  # type: ignore[arg-type] # the point of the test


def test_a_command_that_has_ended_breaks_the_writer() -> None:
    with CommandChannel(["true"]) as channel:
        assert channel.wait(10) == 0
        with pytest.raises(ChannelBrokenError, match="writing to command true failed: broken pipe"):
            channel.write_all(b"x")


def test_kill_is_on_request_and_the_status_tells_the_signal() -> None:
    with CommandChannel(["cat"]) as channel:
        assert channel.extra(EXIT_STATUS) is None
        assert channel.extra(PEER_PID) == channel.pid
        channel.kill()
        assert channel.wait(10) == -signal.SIGTERM
        assert channel.extra(EXIT_STATUS) == -signal.SIGTERM


def test_its_surroundings_can_be_chosen(tmp_path: Path) -> None:
    with (
        (tmp_path / "errors").open("wb") as errors,
        CommandChannel(
            ["sh", "-c", 'echo "$WORD in $PWD"; echo oops >&2'],
            "r",
            cwd=tmp_path,
            env={"WORD": "here", "PATH": os.environ["PATH"]},
            stderr=errors,
        ) as channel,
    ):
        assert channel.read_exactly(len(f"here in {tmp_path}\n")) == f"here in {tmp_path}\n".encode()
        assert channel.read() == b""
    assert (tmp_path / "errors").read_bytes() == b"oops\n"


def test_no_other_command_inherits_its_pipes() -> None:
    with CommandChannel(["cat"]) as first, CommandChannel(["cat"]):
        first.write_eof()
        assert first.read() == b""


def test_a_command_that_cannot_be_run_leaks_nothing() -> None:
    with no_descriptor_is_left(), pytest.raises(ConnectError, match="no-such-program cannot be run"):
        CommandChannel(["no-such-program"])


def test_an_aborted_one_goes_on_and_is_waited_for_by_nobody_of_ours() -> None:
    with no_descriptor_is_left():
        channel = CommandChannel(["cat"])
        channel.abort()
    assert channel.wait(10) == 0
