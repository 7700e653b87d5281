"""``iochan demo``: a terminal program served over TLS, and every stack measured."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from iochan.cli.measure import STACKS, Figure, Pki
from iochan.cli.options import json_option
from iochan.cli.perf import figures, table
from iochan.cli.signals import StopSignals
from iochan.core.channel import Channel
from iochan.core.errors import IochanError
from iochan.core.op import Op
from iochan.core.opening import connect, connect_op, listen
from iochan.core.pollloop import PollLoop
from iochan.objects import ObjectStore
from iochan.relay import Relay, RelayLimits
from iochan.tls.facts import TLS_CIPHER, TLS_PEER_NAME, TLS_VERSION
from iochan.tls.pki import init_directory

__all__ = ["demo"]

_SECONDS = 0.2
_PROGRAM = "/bin/sh"
_ASKED = 'echo "the shell says $((6 * 7)) through a pseudo-terminal of $(stty size)"; exit\n'
_EXPECTED = b"the shell says 42 through a pseudo-terminal"
_MOST_SHOWN = 65536
_PATIENCE = 5.0


@click.command(epilog="\b\nExamples:\n  iochan demo\n  iochan demo --serve")
@click.option("--serve", is_flag=True, help="Keep serving the shell, and print commands to reach it.")
@json_option
def demo(serve: bool, as_json: bool) -> None:
    """Serve a shell over TLS, reach it with verification, and move data through every stack.

    Makes a throw-away certificate authority. Exits with status 0 only if the shell answered and
    every stack moved its bytes unharmed.
    """
    console = Console(quiet=as_json, highlight=False)
    with tempfile.TemporaryDirectory(prefix="iochan-") as directory:
        pki = Pki(str(Path(directory, "pki")))
        init_directory(Path(pki.directory))
        if serve:
            _serve(pki, console)
            return
        answered = _show_shell(pki, console)
        console.print("\nEvery stack, blocking and on asyncio, beside plain sockets:")
        rows = list(figures(tuple(STACKS), pki, directory, _SECONDS))
        console.print(table(rows))
        _report(rows, as_json=as_json, answered=answered)
        if not answered or any(row.error for row in rows):
            raise click.exceptions.Exit(1)
        console.print("Every line moved its bytes unharmed.")


class _ShellServer:
    """Serves a shell of its own, on a pseudo-terminal, to each client that speaks TLS."""

    def __init__(self, pki: Pki, *, once: bool) -> None:
        store = ObjectStore()
        store.add(pki.text("server") + ",verify-peer=off")
        self.loop = PollLoop()
        self.listener = listen("tls+tcp://127.0.0.1:0?tls.creds=tls0", objects=store)
        self.address = self.listener.addresses[0]
        self.relay = Relay(self.loop, self.listener, self._dial, limits=RelayLimits(once=once))

    def _dial(self) -> Op[Channel]:
        return connect_op(f"pty:?command={_PROGRAM}")


def _show_shell(pki: Pki, console: Console) -> bool:
    """Serve a shell, ask it something as a client, and tell whether it answered."""
    server = _ShellServer(pki, once=True)
    console.print(f"Serving {_PROGRAM} on a pseudo-terminal at {server.address}")
    thread = threading.Thread(target=server.loop.run, daemon=True)
    thread.start()
    try:
        store = ObjectStore()
        store.add(pki.text("client"))
        with connect(f"{server.address}?tls.creds=tls0&tls.hostname=localhost", objects=store) as channel:
            console.print(
                f"Connected with {channel.extra(TLS_VERSION)}, {channel.extra(TLS_CIPHER)}; "
                f"the server proved to be {channel.extra(TLS_PEER_NAME)}\n",
                soft_wrap=True,
            )
            channel.write_all(_ASKED.encode())
            output = _read_all(channel)
    except (IochanError, OSError) as error:
        console.print(f"[red]the shell could not be reached: {error}[/red]")
        return False
    thread.join(_PATIENCE)
    for line in output.decode(errors="replace").splitlines():
        console.print(f"  | {line}", markup=False, soft_wrap=True)
    return _EXPECTED in output


def _read_all(channel: Channel) -> bytes:
    channel.timeout = 20.0
    output = bytearray()
    while len(output) < _MOST_SHOWN and (data := channel.read()):
        output += data
    return bytes(output)


def _serve(pki: Pki, console: Console) -> None:
    """Serve shells until a signal comes."""
    server = _ShellServer(pki, once=False)
    port = server.address.rpartition(":")[2]
    ca = shlex.quote(str(Path(pki.directory, "ca-cert.pem")))
    client = shlex.quote(pki.text("client"))
    here = shlex.quote(f"{server.address}?tls.creds=tls0&tls.hostname=localhost")
    lines = (
        f"openssl s_client -connect 127.0.0.1:{port} -CAfile {ca} -verify_return_error -quiet",
        f"gnutls-cli --x509cafile {ca} -p {port} localhost",
        f"{shlex.quote(sys.argv[0])} cat --raw --object {client} {here}",
    )
    with StopSignals(server.loop, _stopper(server.relay)) as signals:
        server.relay.on_done = signals.forget
        # Said only now: whoever reads it may send a signal at once.
        console.print(f"Serving {_PROGRAM} on a pseudo-terminal at {server.address}; reach it with any of:\n")
        for line in lines:
            click.echo(f"  {line}")
        click.echo("\nEnd with Ctrl-C.")
        server.loop.run()


def _stopper(relay: Relay) -> Callable[[int], None]:
    return lambda _before: relay.abort()


def _report(rows: list[Figure], *, as_json: bool, answered: bool) -> None:
    if as_json:
        stacks = [dataclasses.asdict(row) for row in rows]
        click.echo(json.dumps({"shell_answered": answered, "stacks": stacks}, indent=2))
