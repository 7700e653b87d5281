"""Consoles that are served: each a device, its records, and listeners of any kind."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.aio.opening import serve
from iochan.aio.serve import Limits
from iochan.chardev.backend import Backend, accept_dial, connect_dial
from iochan.chardev.device import Dial
from iochan.chardev.hub import Hub
from iochan.chardev.session import Front
from iochan.core.errors import AddressError, PeerRejected
from iochan.core.listener import Listener
from iochan.core.loop import Loop
from iochan.core.opening import ObjectSource, listen_op

__all__ = ["Console", "ConsoleServer", "Entrance"]

_log = logging.getLogger("iochan.chardev")


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where clients come in.

    Attributes:
        address: Any stack that can be listened at.
        front: How those who come here are served.
    """

    address: str
    front: Front = field(default_factory=Front)


class Console:
    """A console that is served.

    Attributes:
        hub: The device and its clients.
        addresses: Where clients can come to, with the ports really bound.
        device_addresses: Where the device can come to; empty if it is we who go to it.
    """

    def __init__(self, hub: Hub, listener: Listener | None) -> None:
        self.hub = hub
        self.addresses: list[str] = []
        self.device_addresses = () if listener is None else listener.addresses
        self._listener = listener
        self._doors = AsyncExitStack()

    async def add(self, entrance: Entrance, objects: ObjectSource | None, limits: Limits) -> None:
        """Let clients in at *entrance*, too."""
        handler = _attendant(self.hub, entrance.front)
        server = await self._doors.enter_async_context(
            serve(entrance.address, handler, objects=objects, limits=limits)
        )
        self.addresses += server.listener.addresses

    async def close(self) -> None:
        """Let nobody in any more, disconnect everyone, and close the device."""
        for session in tuple(self.hub.sessions.values()):
            self.hub.disconnect(session, "the server stops")
        await self._doors.aclose()
        self.hub.close()
        if self._listener is not None:
            self._listener.close()


class ConsoleServer:
    """Some consoles on one loop.

    Args:
        loop: The loop; an `iochan.aio.AsyncioLoop` of the running one.
        objects: What addresses name.
        limits: What one entrance allows.

    Attributes:
        consoles: By name.
        ended: Called when the last device has ended for ever; None for nobody.
    """

    def __init__(self, loop: Loop, objects: ObjectSource | None = None, limits: Limits | None = None) -> None:
        self._loop = loop
        self._objects = objects
        self._limits = limits or Limits()
        self.consoles: dict[str, Console] = {}
        self.ended: Callable[[], object] | None = None
        self._running = 0

    async def open(self, name: str, backend: Backend, entrances: tuple[Entrance, ...]) -> Console:
        """Serve the device *backend* at *entrances*; nothing stays open if one of them cannot be had.

        Raises:
            AddressError: An address is wrong, or *name* is taken.
            OSError: An address cannot be had.
        """
        if name in self.consoles:
            message = f"console {name!r} is there already: choose another name"
            raise AddressError(message)
        listener: Listener | None = None
        dial: Dial
        if backend.accepts:
            listener = await arun(listen_op(backend.address, objects=self._objects))
            dial = accept_dial(listener)
        else:
            dial = connect_dial(backend, self._objects)
        hub = Hub(self._loop, name, dial, options=backend.options)
        hub.ended = lambda: self._device_ended(hub)
        console = Console(hub, listener)
        try:
            for entrance in entrances:
                await console.add(entrance, self._objects, self._limits)
        except BaseException:
            await console.close()
            raise
        self.consoles[name] = console
        self._running += 1
        hub.start()
        return console

    async def close(self, name: str) -> None:
        """Close one console."""
        await self.consoles.pop(name).close()

    async def close_all(self) -> None:
        """Close every console."""
        for name in tuple(self.consoles):
            await self.close(name)

    def _device_ended(self, hub: Hub) -> None:
        for session in tuple(hub.sessions.values()):
            hub.disconnect(session, "goodbye")
        self._running -= 1
        if not self._running and self.ended is not None:
            self.ended()


def _attendant(hub: Hub, front: Front) -> Callable[[AsyncChannel], Awaitable[None]]:
    async def attend(view: AsyncChannel) -> None:
        try:
            await arun(hub.serve_op(view.channel, front))
        except PeerRejected as error:
            _log.warning("%s: %s", hub.name, error)

    return attend
