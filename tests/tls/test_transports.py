"""TLS over what is no socket: a command's two pipes, and a pair of files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from iochan import listen
from iochan.channels.command import CommandChannel
from iochan.channels.pipe import PipeChannel
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.layers.duplex import DuplexChannel
from iochan.testing.contract import drain_op, pattern
from iochan.testing.drivers import DRIVERS, Driver
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_VERSION
from iochan.tls.x509 import X509Creds

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
def drive(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


def say_op(channel: Channel, data: bytes) -> Op[bytes]:
    """Do the handshake, send *data*, end the writing direction, and return what the peer says."""
    yield from channel.handshake_op()
    yield from channel.write_all_op(data)
    yield from channel.write_eof_op()
    return (yield from drain_op(channel))


def echo_op(channel: Channel) -> Op[None]:
    """Do the handshake, and send back what comes once it has all come."""
    yield from channel.handshake_op()
    data = yield from drain_op(channel)
    yield from channel.write_all_op(data)
    yield from channel.write_eof_op()


def fifo(path: Path) -> tuple[Channel, Channel]:
    """Return a named pipe's ends: to read from, and to write to."""
    os.mkfifo(path)
    # Opened for both first, since each open waits for the other end.
    both = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    writer = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    os.close(both)
    return PipeChannel(reader), PipeChannel(writer)


def test_over_a_pair_of_files(pki: ThrowAwayPki, drive: Driver, tmp_path: Path) -> None:
    there, back = fifo(tmp_path / "there"), fifo(tmp_path / "back")
    client = DuplexChannel(back[0], there[1]).tls_client(X509Creds(pki.dir, "client"), hostname="localhost")
    server = DuplexChannel(there[0], back[1]).tls_server(X509Creds(pki.dir, "server", verify_peer=False))
    with client, server:
        data = pattern(300_000)
        answer, _ = drive(say_op(client, data), echo_op(server))
        assert answer == data
        assert client.extra(TLS_VERSION) == "TLSv1.3"


@pytest.mark.slow
def test_over_a_command(pki: ThrowAwayPki, drive: Driver, tmp_path: Path) -> None:
    with listen(f"unix:{tmp_path}/door") as door:
        argv = [sys.executable, "-m", "iochan", "cat", f"unix:{tmp_path}/door"]
        command = CommandChannel(argv)
        client = command.tls_client(X509Creds(pki.dir, "client"), hostname="localhost")
        with client, door.accept() as plain:
            server = plain.tls_server(X509Creds(pki.dir, "server", verify_peer=False))
            data = pattern(300_000)
            answer, _ = drive(say_op(client, data), echo_op(server))
            assert answer == data
            server.close()
        assert command.exit_status == 0
