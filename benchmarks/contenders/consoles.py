"""Servers of consoles: iochan's, ser2net for many, socat and iochan's relay for one client."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import tty
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from benchmarks import wire
from benchmarks.contenders.base import Contender
from benchmarks.contenders.relays import become

if TYPE_CHECKING:
    from benchmarks.job import Job

SOURCE = "sh -c 'stty raw; exec cat /dev/zero'"
CLIENTS = 5


def tell(job: Job, **facts: object) -> None:
    """Announce a file with *facts* for the next process: an address alone does not say enough."""
    path = job.path / f"consoles-{os.getpid()}.json"
    path.write_text(json.dumps(facts))
    wire.announce(str(path))


def facts_of(job: Job) -> Any:  # noqa: ANN401 - JSON
    """What the process before told."""
    assert isinstance(job.address, str)
    return json.loads(Path(job.address).read_text())


def free_ports(count: int) -> list[int]:
    """Ports that were free just now, all different."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind((wire.HOST, 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Terminals(Contender):
    """The devices: terminals of the kernel that send back what they get, as fast as they can."""

    @override
    def relay(self, job: Job) -> None:
        pairs = [os.openpty() for _ in range(job.connections)]
        poll = select.epoll()
        for master, slave in pairs:
            tty.setraw(slave)
            poll.register(master, select.EPOLLIN)
        tell(job, terminals=[os.ttyname(slave) for _, slave in pairs])
        while True:
            for master, _ in poll.poll():
                os.write(master, os.read(master, 4096))


class IochanConsoles(Contender):
    """``iochan chardev serve`` with a telnet entrance for each terminal."""

    @override
    def relay(self, job: Job) -> None:
        terminals = facts_of(job)["terminals"]
        ports = free_ports(len(terminals))
        settings = job.path / f"consoles-{os.getpid()}.toml"
        settings.write_text(
            "".join(
                f'[console.c{port}]\nchardev = "serial,path={terminal}"\n'
                f'listen = {{ address = "telnet+tcp://{wire.HOST}:{port}",'
                ' escape = "none", notices = false }\n'
                for terminal, port in zip(terminals, ports, strict=True)
            )
        )
        tell(job, ports=ports, clients=CLIENTS)
        os.execv(
            sys.executable,
            [sys.executable, "-m", "iochan", "chardev", "serve", "--config", str(settings)],
        )


class Ser2net(Contender):
    """``ser2net`` with the same."""

    @override
    def relay(self, job: Job) -> None:
        terminals = facts_of(job)["terminals"]
        ports = free_ports(len(terminals))
        settings = job.path / f"ser2net-{os.getpid()}.yaml"
        settings.write_text(
            "%YAML 1.1\n---\n"
            + "".join(
                f"connection: &c{port}\n  accepter: telnet,tcp,{wire.HOST},{port}\n"
                f"  connector: serialdev,{terminal},115200n81,local\n"
                f"  options:\n    max-connections: {CLIENTS}\n"
                for terminal, port in zip(terminals, ports, strict=True)
            )
        )
        tell(job, ports=ports, clients=CLIENTS)
        become("ser2net", "-n", "-u", "-c", str(settings))


class IochanConsole(Contender):
    """``iochan chardev serve`` with one program that never stops to print."""

    @override
    def relay(self, job: Job) -> None:
        (port,) = free_ports(1)
        tell(job, ports=[port], clients=job.connections)
        arguments = ("--chardev", f"pty,id=c0,command={SOURCE}", "--listen", f"tcp://{wire.HOST}:{port}")
        os.execv(
            sys.executable,
            [sys.executable, "-m", "iochan", "chardev", "serve", "--quiet-line", *arguments],
        )


class IochanPtyRelay(Contender):
    """``iochan relay`` between one client and the same program."""

    @override
    def relay(self, job: Job) -> None:
        (port,) = free_ports(1)
        tell(job, ports=[port], clients=1)
        addresses = (f"tcp://{wire.HOST}:{port}", "pty:?command=" + SOURCE.replace(" ", "%20"))
        os.execv(sys.executable, [sys.executable, "-m", "iochan", "relay", "--once", "--quiet", *addresses])


class SocatPty(Contender):
    """``socat`` between one client and the same program."""

    @override
    def relay(self, job: Job) -> None:
        (port,) = free_ports(1)
        tell(job, ports=[port], clients=1)
        become(
            "socat", f"TCP-LISTEN:{port},bind={wire.HOST},reuseaddr,nodelay", "EXEC:cat /dev/zero,pty,rawer"
        )
