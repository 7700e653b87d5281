from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from iochan.channels.child import Child, as_argv
from iochan.core.errors import ChannelTimeout, ConnectError
from iochan.core.op import run
from tests.descriptors import no_descriptor_is_left
from tests.drivers import RunOp, each_driver


@each_driver
def test_every_driver_can_wait_for_its_end(run_op: RunOp) -> None:
    with no_descriptor_is_left():
        child = Child(["sh", "-c", "read line; exit 7"], stdin=subprocess.DEVNULL)
        assert run_op(child.wait_op()) == 7
        assert child.status == 7
        child.leave()


@each_driver
def test_without_a_descriptor_for_processes_it_is_looked_at_now_and_then(
    run_op: RunOp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    child = Child(["sh", "-c", "exit 3"])
    assert run_op(child.wait_op()) == 3


def test_a_kill_shows_as_a_negative_status() -> None:
    child = Child(["sleep", "60"])
    assert child.status is None
    child.kill(signal.SIGKILL)
    assert run(child.wait_op(), 10) == -signal.SIGKILL
    child.kill()


def test_one_that_is_left_alone_is_no_zombie_once_it_has_ended() -> None:
    read_fd, write_fd = os.pipe()
    child = Child(["cat"], stdin=read_fd)
    os.close(read_fd)
    with pytest.raises(ChannelTimeout):
        run(child.wait_op(), 0.01)
    pid_fd = os.pidfd_open(child.pid)
    child.leave()
    os.close(write_fd)
    assert run(child.wait_op(), 10) == 0
    # Somebody has waited for it: the number is free.
    with pytest.raises(ProcessLookupError):
        signal.pidfd_send_signal(pid_fd, 0)
    os.close(pid_fd)


def test_a_program_that_leaves_children_behind_ends_without_a_warning() -> None:
    program = (
        "from iochan.channels.child import Child\n"
        "import subprocess\n"
        "child = Child(['cat'], stdin=subprocess.PIPE)\n"
        "child.leave()\n"
        "print(child.pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, check=True, timeout=20
    )
    assert done.stderr == b""


def test_a_program_that_is_not_there_is_named() -> None:
    with no_descriptor_is_left():
        with pytest.raises(
            ConnectError, match="no-such-program cannot be run: no such file or directory: check"
        ):
            Child(["no-such-program"])
        with pytest.raises(
            ConnectError, match="/dev/null cannot be run: permission denied: check its permissions"
        ):
            Child(["/dev/null"])
        with pytest.raises(ConnectError, match="no-such-folder cannot be run"):
            Child(["true"], cwd="/no-such-folder")


@pytest.mark.parametrize("argv", ["echo hello", b"echo", []])
def test_a_line_of_text_is_no_command(argv: list[str]) -> None:
    with pytest.raises(ValueError, match="is no command: give a list"):
        as_argv(argv)
