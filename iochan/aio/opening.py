"""Opening addresses in ``async`` code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.aio.serve import Handler, Limits, Server
from iochan.aio.serve import serve as serve_listener
from iochan.core.channel import Channel
from iochan.core.facts import PEER_ADDRESS
from iochan.core.listener import Listener
from iochan.core.opening import CONNECT_SECONDS, ObjectSource, connect_op, listen_op
from iochan.core.upgrade import Upgrade

__all__ = ["connect", "serve"]


async def connect(
    address: str,
    *,
    objects: ObjectSource | None = None,
    timeout: float | None = CONNECT_SECONDS,  # noqa: ASYNC109 - as the blocking one
) -> AsyncChannel:
    """Open *address* and do the handshakes of its layers; see `iochan.connect`."""
    return AsyncChannel(await arun(connect_op(address, objects=objects, timeout=timeout)))


@asynccontextmanager
async def serve(
    address: str | Listener,
    handler: Handler,
    *,
    objects: ObjectSource | None = None,
    limits: Limits | None = None,
    upgrade: Upgrade | None = None,
    peer_of: Callable[[Channel], Hashable] | None = None,
) -> AsyncIterator[Server]:
    """Serve *address* while the ``async with`` block runs; leaving it drains as `Server.stop` does.

    Args:
        address: A stack as text, or a listener, which is owned from now on.
        handler: Awaited with the `AsyncChannel` of each connection, its handshakes done.
        objects: An `iochan.objects.ObjectStore` with the objects that *address* names.
        limits: The caps; None for the defaults.
        upgrade: Protects each connection further before *handler* sees it.
        peer_of: Tells whom a connection counts for under `Limits.per_peer`; None for its host.
    """
    listener = await arun(listen_op(address, objects=objects)) if isinstance(address, str) else address
    async with serve_listener(
        listener, handler, limits=limits, upgrade=upgrade, peer_of=peer_of or _host
    ) as server:
        yield server


def _host(channel: Channel) -> Hashable:
    """Return the peer's address without its port: whom a connection counts for."""
    address = channel.extra(PEER_ADDRESS, None)
    return None if address is None else address.rpartition(":")[0]
