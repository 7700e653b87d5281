"""Consoles: full-screen programs, pyserial's settings on a line, passwords, sockets of systemd."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from iochan.channels.pty import PtyChannel
from iochan.chardev.expect import Console
from iochan.chardev.screen import ScreenPast
from iochan.core.opening import connect
from tests.interop.peers import SECONDS, eventually, need, read_until, running
from tests.interop.test_chardev import CAT, port_of, served

UNITS = Path(__file__).parents[2] / "docs" / "examples" / "systemd"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.slow,
    pytest.mark.timeout(90),
    pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning"),
]


@contextlib.contextmanager
def echoing(tmp_path: Path, *arguments: str) -> Iterator[str]:
    """Serve a program that sends back each byte, and give its address once it does.

    Nothing comes by itself: a serial port throws away what came while it was opened.
    """
    log = tmp_path / "echoing.log"
    device = f"{CAT[1]},logfile={log},scrollback=0"
    with served("--chardev", device, *arguments, "--listen", "tcp://127.0.0.1:0") as (_, (address,)):
        eventually(lambda: log.exists() and b"ready" in log.read_bytes())
        yield address


def seen_by_a_late_one(address: str) -> list[str]:
    """Return the lines that a terminal shows which joins now, until it shows all of them."""
    screen = ScreenPast()
    with connect(address) as channel:
        channel.write_all(b"\x01w")  # answered behind the screen
        got = b""
        while b"clients]" not in got:
            got += channel.read()
    screen.put(got.partition(b"\r\n[iochan")[0])
    terminal = screen.shown
    return [line.rstrip() for line in terminal.display]


@pytest.mark.parametrize("program", ["vim", "less", "top"])
def test_who_comes_while_a_full_screen_program_runs_sees_its_screen(tmp_path: Path, program: str) -> None:
    text = tmp_path / "text"
    text.write_text("".join(f"line {number} of the file\n" for number in range(1000)))
    words = {
        "vim": f"{need('vim')} -u NONE -N +500 {text}",
        "less": f"{need('less')} +500 {text}",
        "top": f"{need('top')} -d 600",
    }[program]
    sign = {"vim": "line 499 of the file", "less": "line 499 of the file", "top": "PID USER"}[program]
    command = f"env TERM=xterm-256color LINES=24 COLUMNS=80 sh -c 'stty rows 24 cols 80; exec {words}'"
    device = f"pty,id=c0,screen=on,command={command}"
    with served("--chardev", device, "--listen", "tcp://127.0.0.1:0") as (_, (address,)):
        with connect(address) as channel:
            Console(channel).expect(sign.encode(), timeout=SECONDS)
            eventually(lambda: any(sign in line for line in seen_by_a_late_one(address)))
            shown = seen_by_a_late_one(address)
    assert len(shown) == 24
    if program != "top":
        numbers = [int(line.split()[1]) for line in shown if line.startswith("line")]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) >= 22


@pytest.fixture
def line(tmp_path: Path) -> Any:
    """A terminal of the kernel as a serial line; the far end is the machine's."""
    with PtyChannel() as terminal:
        terminal.timeout = SECONDS
        yield terminal


def test_pyserial_sets_the_line_behind_a_console(line: PtyChannel) -> None:
    arguments = ("--chardev", f"serial,id=s,path={line.slave},baud=9600", "--escape", "none", "--quiet-line")
    entrance = ("--listen", "telnet+tcp://127.0.0.1:0?telnet.comport=on")
    with served(*arguments, *entrance) as (_, (address,)):
        url = f"rfc2217://127.0.0.1:{port_of(address)}"
        port: Any = serial.serial_for_url(url, baudrate=57600, timeout=SECONDS)
        with port:
            for baudrate in (300, 9600, 115200, 921600):
                port.baudrate = baudrate
                assert speed_of(line) == baudrate
            for bits in (1, 2):
                port.stopbits = bits
                assert ("-cstopb" in settings_of(line)) is (bits == 1)
            for name, values, kept in (("parity", "EOMS", "N"), ("bytesize", (5, 6, 7), 8)):
                # A terminal of the kernel has neither, and the server says so: the line stays as it is.
                for value in values:
                    with pytest.raises(ValueError, match="remote rejected"):
                        setattr(port, name, value)
                    assert {"-parenb", "cs8"} <= settings_of(line)
                    setattr(port, name, kept)
            port.xonxoff = True
            assert {"ixon", "ixoff"} <= settings_of(line)
            port.xonxoff = False
            assert {"-ixon", "-ixoff"} <= settings_of(line)
            port.rtscts = True
            assert "crtscts" in settings_of(line)
            port.rtscts = False
            assert "-crtscts" in settings_of(line)
            port.reset_input_buffer()
            port.reset_output_buffer()
            port.break_condition = False
            assert (port.cts, port.dsr, port.ri, port.cd) == (False, False, False, False)
            port.write(b"to the machine \xff\r\n")
            assert line.read_exactly(18) == b"to the machine \xff\r\n"
            line.write_all(b"from it \xff\0\r")
            assert port.read(11) == b"from it \xff\0\r"


def settings_of(line: PtyChannel) -> set[str]:
    done = subprocess.run(["stty", "-a", "-F", line.slave], capture_output=True, check=True, text=True)
    return set(done.stdout.replace(";", " ").split())


def speed_of(line: PtyChannel) -> int:
    done = subprocess.run(["stty", "speed", "-F", line.slave], capture_output=True, check=True, text=True)
    return int(done.stdout)


def test_who_only_looks_sets_nothing(line: PtyChannel) -> None:
    arguments = (
        "--chardev",
        f"serial,id=s,path={line.slave},baud=9600",
        "--role",
        "observer",
        "--quiet-line",
    )
    entrance = ("--listen", "telnet+tcp://127.0.0.1:0?telnet.comport=on")
    with served(*arguments, *entrance) as (_, (address,)):
        with pytest.raises(ValueError, match="remote rejected value for option 'baudrate'"):
            serial.serial_for_url(f"rfc2217://127.0.0.1:{port_of(address)}", baudrate=57600)
        assert speed_of(line) == 9600


def test_pyserial_uses_a_console_as_a_port(tmp_path: Path) -> None:
    with echoing(tmp_path) as address:
        with serial.serial_for_url(f"socket://127.0.0.1:{port_of(address)}", timeout=SECONDS) as port:
            port.write(b"abc\n")
            assert port.read(4) == b"abc\n"


def test_pyserials_socket_takes_every_setting_and_carries_every_byte(tmp_path: Path) -> None:
    with echoing(tmp_path, "--escape", "none") as address:
        port: Any = serial.serial_for_url(f"socket://127.0.0.1:{port_of(address)}", timeout=SECONDS)
        with port:
            for name, values in {
                "baudrate": (300, 115200),
                "bytesize": (5, 6, 7, 8),
                "parity": "NOEMS",
                "stopbits": (1, 1.5, 2),
                "rtscts": (True, False),
                "dsrdtr": (True, False),
                "xonxoff": (True, False),
                "rts": (False, True),
                "dtr": (False, True),
                "break_condition": (True, False),
            }.items():
                for value in values:
                    setattr(port, name, value)
            port.reset_output_buffer()
            assert (port.cts, port.dsr, port.ri, port.cd) == (True, True, False, True)
            every = bytes(range(256))
            port.write(every)
            assert port.read(len(every)) == every


def test_telnet_gives_a_password() -> None:
    arguments = (*CAT, "--object", "secret,id=p,data=tool", "--writer-password", "p")
    with served(*arguments, "--listen", "telnet+tcp://127.0.0.1:0") as (_, (address,)):
        terminal = PtyChannel.spawn([need("telnet"), "-E", "127.0.0.1", port_of(address)])
        try:
            console = Console(terminal)
            console.expect(b"password: ", timeout=SECONDS)
            console.send(b"wrong\r")
            console.expect(b"password: ", timeout=SECONDS)
            console.send(b"tool\r")
            before = console.expect(b"ready", timeout=SECONDS)
            assert b"tool" not in bytes(str(before), "ascii", "replace")
            console.send(b"echoed")
            console.expect(b"echoed", timeout=SECONDS)
        finally:
            terminal.abort()


def test_the_units_of_the_manual_are_what_systemd_takes(tmp_path: Path) -> None:
    for unit in UNITS.glob("iochan-*"):
        # systemd looks whether the program is there.
        text = unit.read_text().replace("/usr/bin/iochan", sys.executable)
        (tmp_path / unit.name).write_text(text)
    units = [str(unit) for unit in sorted(tmp_path.iterdir())]
    argv = [need("systemd-analyze"), "verify", "--man=no", *units]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert "iochan-consoles" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


def test_the_socket_of_systemd_is_an_entrance(tmp_path: Path) -> None:
    config = tmp_path / "consoles.toml"
    device = "chardev = \"pty,command=sh -c 'stty raw -echo; echo ready; exec cat'\""
    config.write_text(re.sub(r"chardev = .*", device, (UNITS / "consoles.toml").read_text()))
    # What systemd does: the socket is descriptor 3, and LISTEN_PID is the process that gets it.
    script = (
        "import os, sys\n"
        "os.dup2(int(sys.argv[1]), 3)\n"
        "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES=sys.argv[3])\n"
        "arguments = ['-m', 'iochan', 'chardev', 'serve', '--config', sys.argv[2]]\n"
        "os.execv(sys.executable, [sys.executable, *arguments])\n"
    )
    path = tmp_path / "router"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.set_inheritable(True)
        named = re.search(r"FileDescriptorName=(.*)", (UNITS / "iochan-consoles.socket").read_text())
        assert named is not None
        argv = [sys.executable, "-c", script, str(listener.fileno()), str(config), named[1]]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, pass_fds=(listener.fileno(),)) as process:
            try:
                read_until(process.stderr, b"for router")
                with connect(f"unix://{path}") as channel:
                    console = Console(channel)
                    console.expect(b"ready\n", timeout=SECONDS)
                    console.send(b"hi")
                    console.expect(b"hi", timeout=SECONDS)
            finally:
                process.terminate()
                process.wait(SECONDS)
    assert os.path.lexists(path)


def test_socat_is_a_client_with_a_terminal(tmp_path: Path) -> None:
    link = tmp_path / "tty"
    with echoing(tmp_path) as address:
        argv = [need("socat"), "-d", "-d", f"PTY,link={link},rawer", f"TCP:127.0.0.1:{port_of(address)}"]
        with running(argv) as process:
            read_until(process.stdout, b"starting data transfer loop")
            with connect(f"serial://{link}") as channel:
                console = Console(channel)
                console.send(b"over socat")
                console.expect(b"over socat", timeout=SECONDS)
