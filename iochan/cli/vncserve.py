"""Viewers of a desktop let in at several addresses: what all servers of ``iochan vnc`` share."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import click

from iochan.aio import AsyncChannel, arun
from iochan.aio import serve as serve_address
from iochan.aio.serve import Limits
from iochan.cli.signals import STOPPING, SignalPipe
from iochan.core.errors import IochanError
from iochan.objects import ObjectStore

if TYPE_CHECKING:
    from iochan.vnc.server import VncServer

__all__ = ["VIEWER_LIMITS", "listen_option", "serve_viewers", "viewers_at"]

_log = logging.getLogger("iochan.vnc")

VIEWER_LIMITS = Limits(connections=100, grace_seconds=2.0)
"""What one address allows; viewers who were told to go are gone long before the grace ends."""


def listen_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* the addresses where viewers come, as ``addresses``."""
    return click.option(
        "--listen", "addresses", multiple=True, required=True, metavar="ADDRESS",
        help="Where viewers come; repeatable.",
    )(command)  # fmt: skip


@asynccontextmanager
async def viewers_at(
    server: VncServer, addresses: Sequence[str], objects: ObjectStore
) -> AsyncIterator[SignalPipe]:
    """Let viewers in while the block runs, and tell where; they are sent away at its end.

    The block has SIGINT and SIGTERM to wait for: they are taken before anybody is told that it listens.

    Raises:
        AddressError: An address is wrong.
        OSError: An address cannot be had.
    """

    async def attend(view: AsyncChannel) -> None:
        try:
            await arun(server.serve_op(view.channel))
        except (IochanError, OSError) as error:
            _log.warning("a viewer's connection ended: %s", error)

    async with AsyncExitStack() as stack:
        signals = stack.enter_context(SignalPipe(*STOPPING))
        doors = [
            await stack.enter_async_context(
                serve_address(address, attend, objects=objects, limits=VIEWER_LIMITS)
            )
            for address in addresses
        ]
        for door in doors:
            for address in door.listener.addresses:
                click.echo(f"listening on {address}", err=True)
        try:
            yield signals
        finally:
            server.end_sessions("the server stops")


async def serve_viewers(server: VncServer, addresses: Sequence[str], objects: ObjectStore) -> None:
    """Let viewers in until SIGINT or SIGTERM; see `viewers_at`."""
    async with viewers_at(server, addresses, objects) as signals:
        await arun(signals.next_op())
