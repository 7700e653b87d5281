"""The console of ``iochan demo``: one shell, reached over TLS, over telnet in TLS, and from a browser."""

from __future__ import annotations

import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
from rich.console import Console

from iochan import aio
from iochan.chardev import AsyncConsole
from iochan.chardev.entrance import Entrance
from iochan.chardev.options import ChardevStore
from iochan.chardev.server import ConsoleServer, ServedConsole
from iochan.cli.demoscreen import CLIENT, DemoScreen
from iochan.cli.measure import Pki
from iochan.cli.signals import STOPPING, SignalPipe
from iochan.core.errors import IochanError
from iochan.objects import ObjectStore
from iochan.tls.facts import TLS_CIPHER, TLS_PEER_NAME, TLS_VERSION

__all__ = ["serve_console", "show_console"]

PROGRAM = "/bin/sh"
_WAYS = {
    "TLS": "tls+tcp://127.0.0.1:0?tls.creds=tls0",
    "telnet in TLS": "telnet+tls+tcp://127.0.0.1:0?tls.creds=tls0",
    "a WebSocket in TLS": "ws+tls+tcp://127.0.0.1:0?tls.creds=tls0&ws.page=console",
}
"""How the shell is reached: names, and what is listened at."""

_PATIENCE = 20.0


@asynccontextmanager
async def _serving(pki: Pki) -> AsyncIterator[tuple[ServedConsole, ObjectStore]]:
    """Serve the shell while the block runs, by the objects that it gets beside it."""
    objects = ObjectStore()
    objects.add(pki.text("server") + ",verify-peer=off")
    chardevs = ChardevStore()
    chardevs.add(f"pty,id=shell,shared=on,command={PROGRAM}")
    server = ConsoleServer(aio.AsyncioLoop(), objects)
    doors = tuple(Entrance(address, notices=False) for address in _WAYS.values())
    shell = await server.open("shell", chardevs.backends["shell"], doors)
    try:
        yield shell, objects
    finally:
        await server.close_all()


def _addresses(shell: ServedConsole) -> dict[str, str]:
    return {name: door.addresses[0] for name, door in zip(_WAYS, shell.doors, strict=True)}


async def show_console(pki: Pki, console: Console, picture: Path) -> bool:
    """Serve the shell, ask it something in each way, and tell whether it answered in all.

    *picture* becomes what its viewers see at the end.
    """
    objects = ObjectStore()
    objects.add(pki.text("client"))
    good = True
    async with _serving(pki) as (shell, served):
        addresses = _addresses(shell)
        console.print(f"Serving {PROGRAM} on a pseudo-terminal, as one console for many:\n")
        for name, address in addresses.items():
            try:
                told = await _ask(name, address, objects)
            except (IochanError, OSError) as error:
                console.print(f"  [red]{name}: the shell could not be reached: {error}[/red]")
                good = False
            else:
                console.print(f"  {address}\n{told}", markup=False, soft_wrap=True)
        good = await _show_page(addresses["a WebSocket in TLS"], objects, console) and good
        screen = DemoScreen(shell.hub, served)
        return await screen.show(objects, console, picture) and good


async def _ask(name: str, address: str, objects: ObjectStore) -> str:
    """Return what is to be shown of one conversation, in which the shell had to answer."""
    async with await aio.connect(address + CLIENT, objects=objects) as channel:
        version, suite = channel.extra(TLS_VERSION), channel.extra(TLS_CIPHER)
        facts = f"{version}, {suite}; it is {channel.extra(TLS_PEER_NAME)}"
        shell = AsyncConsole(channel, timeout=_PATIENCE)
        await shell.send_line(f'echo "the shell says $((6 * 7)) over {name}"')
        # The console keeps what it said to those before, so the name tells which answer it is.
        match = await shell.expect(f"the shell says 42 over {name}")
    return f"    {facts}\n    | {match[0].decode()}"


async def _show_page(address: str, objects: ObjectStore, console: Console) -> bool:
    """Ask for the page as a browser does, and tell whether it came."""
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    try:
        async with await aio.connect(address.removeprefix("ws+") + CLIENT, objects=objects) as channel:
            await channel.write_all(request)
            page = b""
            while data := await channel.read():
                page += data
    except (IochanError, OSError) as error:
        console.print(f"  [red]the page did not come: {error}[/red]")
        return False
    good = page.startswith(b"HTTP/1.1 200 ") and b"<title>console</title>" in page
    told = "it came" if good else "it is wrong"
    console.print(f"  {_url(address)}\n    the page for a browser: {told}", markup=False)
    return good


def _url(address: str) -> str:
    return "https:" + address.partition(":")[2].rstrip("/") + "/"


async def serve_console(pki: Pki, console: Console) -> None:
    """Serve the shell until a signal comes, and say how to reach it."""
    with SignalPipe(*STOPPING) as signals:
        async with _serving(pki) as (shell, objects), DemoScreen(shell.hub, objects).serving() as seen:
            addresses = _addresses(shell)
            # Said only now: whoever reads it may send a signal at once.
            console.print(f"Serving {PROGRAM} on a pseudo-terminal; reach it with any of:\n")
            for line in _commands(pki, addresses):
                click.echo(f"  {line}")
            page = _url(addresses["a WebSocket in TLS"])
            click.echo(f"\nAnd in a browser, which does not know the certificate: {page}")
            port = seen.addresses[0].rpartition(":")[2]
            # Its version 1.12 stops where the handshake of TLS 1.3 ends.
            options = f"-X509CA {_authority(pki)} -GnuTLSPriority=NORMAL:-VERS-TLS1.3"
            click.echo(f"\nAs a screen, with the password {seen.password}:")
            click.echo(f"  xtigervncviewer {options} localhost::{port}")
            click.echo(f"  any viewer that speaks over WebSockets, at {seen.addresses[1]}")
            click.echo("\nEnd with Ctrl-C.")
            await aio.arun(signals.next_op())


def _authority(pki: Pki) -> str:
    return shlex.quote(str(Path(pki.directory, "ca-cert.pem")))


def _commands(pki: Pki, addresses: dict[str, str]) -> list[str]:
    port = addresses["TLS"].rpartition(":")[2]
    telnet = addresses["telnet in TLS"].rpartition(":")[2]
    ca = _authority(pki)
    client = shlex.quote(pki.text("client"))
    program = shlex.quote(sys.argv[0])
    through = shlex.quote(f"tls+tcp://127.0.0.1:{telnet}{CLIENT}")
    return [
        f"openssl s_client -connect 127.0.0.1:{port} -CAfile {ca} -verify_return_error -quiet",
        f"gnutls-cli --x509cafile {ca} -p {port} localhost",
        f"{program} cat --raw --object {client} {shlex.quote(addresses['TLS'] + CLIENT)}",
        f"{program} relay --once --object {client} tcp://127.0.0.1:2323 {through} & telnet 127.0.0.1 2323",
    ]
