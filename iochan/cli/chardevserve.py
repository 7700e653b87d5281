"""``iochan chardev serve``: devices for many people at once."""

from __future__ import annotations

import signal

import click

from iochan.aio import AsyncioLoop, arun, run_async
from iochan.aio.serve import Limits
from iochan.chardev.options import ChardevStore
from iochan.chardev.server import ConsoleServer, Entrance
from iochan.cli.options import make_store, object_option
from iochan.cli.signals import STOPPING, SignalPipe

__all__ = ["serve"]


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan chardev serve --chardev pty,id=sh,command='/bin/sh -i' --listen unix:///run/sh\n"
    "  iochan chardev serve --chardev serial,id=s0,path=/dev/ttyS0,baud=115200 \\\n"
    "    --listen 'tls+tcp://:7000?tls.creds=t' --object tls-creds-x509,id=t,endpoint=server,dir=pki"
)
@click.option(
    "--chardev",
    "chardevs",
    multiple=True,
    metavar="KIND,id=ID,KEY=VALUE…",
    help="A device, as QEMU writes it.",
)
@click.option(
    "--listen", "listens", multiple=True, metavar="ADDRESS", help="Where clients come in; repeatable."
)
@object_option
def serve(chardevs: tuple[str, ...], listens: tuple[str, ...], objects: tuple[str, ...]) -> None:
    """Serve devices, each to many clients."""
    store = make_store(objects)
    backends = ChardevStore()
    for text in chardevs:
        backends.add(text)
    entrances = tuple(Entrance(address) for address in listens)

    async def run() -> None:
        with SignalPipe(*STOPPING, signal.SIGHUP) as signals:
            server = ConsoleServer(AsyncioLoop(), store, Limits())
            server.ended = signals.poke
            for name, backend in backends.backends.items():
                console = await server.open(name, backend, entrances)
                for address in console.addresses:
                    click.echo(f"listening on {address} for {name}", err=True)
                for address in console.device_addresses:
                    click.echo(f"waiting on {address} for the device {name}", err=True)
            await arun(signals.next_op())
            await server.close_all()

    run_async(run)
