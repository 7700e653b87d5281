"""``iochan chardev serve``: devices for many people at once."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import click

from iochan.aio import AsyncChannel, AsyncioLoop, arun, run_async
from iochan.aio import serve as serve_address
from iochan.chardev.apply import LiveObjects, apply_config
from iochan.chardev.config import Config, ConsoleConfig, read_config
from iochan.chardev.entrance import Entrance
from iochan.chardev.escape import parse_key
from iochan.chardev.metrics import serve_metrics
from iochan.chardev.options import ChardevStore
from iochan.chardev.server import ConsoleServer
from iochan.cli.options import object_option
from iochan.cli.signals import STOPPING, SignalPipe
from iochan.core.errors import AddressError, IochanError, show_known

__all__ = ["serve"]

_log = logging.getLogger("iochan.chardev")


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan chardev serve --chardev pty,id=sh,command='/bin/sh -i' --listen unix:///run/sh\n"
    "  iochan chardev serve --chardev serial,id=s0,path=/dev/ttyS0,baud=115200 \\\n"
    "    --listen 'tls+tcp://:7000?tls.creds=t' --object tls-creds-x509,id=t,endpoint=server,dir=pki\n"
    "  iochan chardev serve --config /etc/iochan/consoles.toml"
)
@click.option("--chardev", "chardevs", multiple=True, metavar="KIND,id=ID,KEY=VALUE…",
              help="A device, as QEMU writes it; repeatable.")  # fmt: skip
@click.option("--listen", "listens", multiple=True, metavar="[ID=]ADDRESS",
              help="Where clients come in, and to which of several devices; repeatable.")  # fmt: skip
@object_option
@click.option("--config", metavar="FILE", help="Consoles from a TOML file, read again at SIGHUP.")
@click.option("--metrics", default="", metavar="ADDRESS",
              help="Counters for Prometheus, and what chardev list asks for, over HTTP.")  # fmt: skip
@click.option("--admin", default="", metavar="AUTHZ-ID", help="The list of those who may do everything.")
@click.option("--writer", default="", metavar="AUTHZ-ID", help="The list of those who may write.")
@click.option("--observer", default="", metavar="AUTHZ-ID", help="The list of those who may look.")
@click.option(
    "--admin-password", default="", metavar="SECRET-ID", help="What makes an admin of who knows it."
)
@click.option("--writer-password", default="", metavar="SECRET-ID", help="The same for writers.")
@click.option("--observer-password", default="", metavar="SECRET-ID", help="The same for observers.")
@click.option("--role", default="", metavar="ROLE",
              help="Of who is on no list: observer, writer, admin or none.")  # fmt: skip
@click.option("--escape", default="^A", show_default=True, metavar="KEY",
              help="The key before a command to the server; none passes every byte on.")  # fmt: skip
@click.option("--quiet-line", is_flag=True, help="Send clients nothing but what the device sends.")
@click.option("--disconnect-slow", is_flag=True,
              help="Disconnect who is too far behind; otherwise bytes are left out.")  # fmt: skip
def serve(
    chardevs: tuple[str, ...],
    listens: tuple[str, ...],
    objects: tuple[str, ...],
    config: str | None,
    metrics: str,
    admin: str,
    writer: str,
    observer: str,
    admin_password: str,
    writer_password: str,
    observer_password: str,
    role: str,
    escape: str,
    quiet_line: bool,
    disconnect_slow: bool,
) -> None:
    """Serve devices, each to many clients at once.

    Everyone sees what the device sends; one client at a time writes. SIGHUP reads the configuration again and
    keeps the clients; SIGINT and SIGTERM stop. It also ends when every device has ended for ever.
    """
    if config is not None and (chardevs or listens or objects):
        message = "--config, and --chardev, --listen or --object beside it: put them into the file"
        raise click.UsageError(message)
    template = Entrance(
        "",
        admin,
        writer,
        observer,
        role,
        escape=parse_key(escape),
        notices=not quiet_line,
        disconnect_slow=disconnect_slow,
        admin_password=admin_password,
        writer_password=writer_password,
        observer_password=observer_password,
    )

    def load() -> Config:
        if config is not None:
            return read_config(config)
        return Config(_consoles(chardevs, listens, template), objects, metrics)

    run_async(_serve, load)


def _consoles(
    chardevs: tuple[str, ...], listens: tuple[str, ...], template: Entrance
) -> dict[str, ConsoleConfig]:
    """Return the consoles of the command line."""
    store = ChardevStore()
    for text in chardevs:
        store.add(text)
    entrances: dict[str, list[Entrance]] = {name: [] for name in store.backends}
    for text in listens:
        name, equals, address = text.partition("=")
        if not equals or ":" in name:
            if len(entrances) != 1:
                message = f"--listen {text}: for which of the {len(entrances)} devices? write ID={text}"
                raise AddressError(message)
            (name,), address = entrances, text
        if name not in entrances:
            message = f"--listen {text}: no device {name!r} {show_known(name, entrances)}"
            raise AddressError(message)
        entrances[name].append(replace(template, address=address))
    if not entrances:
        message = "nothing to serve: give --chardev and --listen, or --config"
        raise AddressError(message)
    return {name: ConsoleConfig(store.backends[name], tuple(of)) for name, of in entrances.items()}


async def _serve(load: Callable[[], Config]) -> None:
    config = load()
    objects = LiveObjects(config.objects)
    server = ConsoleServer(AsyncioLoop(), objects)
    with SignalPipe(*STOPPING, signal.SIGHUP) as signals:
        server.ended = signals.poke
        async with AsyncExitStack() as stack:
            stack.push_async_callback(server.close_all)
            failed = await apply_config(server, config)
            if failed:
                raise AddressError(failed[0])
            if config.metrics:
                await _open_metrics(stack, server, config.metrics)
            _tell(server)
            while await arun(signals.next_op()) == signal.SIGHUP:
                await _reload(server, objects, load)


async def _open_metrics(stack: AsyncExitStack, server: ConsoleServer, address: str) -> None:
    async def answer(channel: AsyncChannel) -> None:
        await serve_metrics(server, channel)

    service = await stack.enter_async_context(serve_address(address, answer))
    for each in service.listener.addresses:
        click.echo(f"counters on {each}", err=True)


async def _reload(server: ConsoleServer, objects: LiveObjects, load: Callable[[], Config]) -> None:
    """Go over to what the configuration says now; what is wrong is logged, and changes nothing."""
    try:
        config = load()
        objects.set(config.objects)
    except (IochanError, OSError) as error:
        _log.error("not reloaded, the configuration that was there goes on: %s", error)
        return
    for line in await apply_config(server, config):
        _log.error("%s", line)
    _tell(server)


def _tell(server: ConsoleServer) -> None:
    """Say where clients and devices can come to."""
    for name, console in server.consoles.items():
        for door in console.doors:
            for address in door.addresses:
                click.echo(f"listening on {address} for {name}", err=True)
        if console.listener is not None:
            for address in console.listener.addresses:
                click.echo(f"waiting on {address} for the device {name}", err=True)
