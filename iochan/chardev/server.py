"""Consoles that are served: each a device, its records, and entrances of any kind."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from iochan.aio.channel import AsyncChannel
from iochan.aio.driver import arun
from iochan.aio.opening import serve
from iochan.aio.serve import Limits
from iochan.chardev.backend import ChardevBackend, accept_dial, connect_dial
from iochan.chardev.cast import CastWriter
from iochan.chardev.entrance import Entrance
from iochan.chardev.hub import Hub
from iochan.chardev.logfile import LogFile
from iochan.chardev.records import Records, Tap
from iochan.chardev.session import Front
from iochan.core.errors import AddressError, PeerRejected
from iochan.core.listener import Listener
from iochan.core.loop import Loop
from iochan.core.opening import ObjectSource, listen_op

__all__ = ["ConsoleServer", "Door", "ServedConsole"]

_log = logging.getLogger("iochan.chardev")


class Door:
    """An entrance that is open.

    Attributes:
        entrance: What it is.
        addresses: Where clients can come to, with the ports really bound.
    """

    def __init__(self, entrance: Entrance) -> None:
        self.entrance = entrance
        self.addresses: tuple[str, ...] = ()
        self._stack = AsyncExitStack()

    async def open(self, hub: Hub, objects: ObjectSource | None, limits: Limits) -> None:
        """Let clients of *hub* in from now on.

        Raises:
            AddressError: The address is wrong, or a list has no objects.
            OSError: The address cannot be had.
        """
        handler = _attendant(hub, self.entrance.front(objects))
        service = serve(self.entrance.address, handler, objects=objects, limits=limits)
        self.addresses = (await self._stack.enter_async_context(service)).listener.addresses

    async def close(self) -> None:
        """Let nobody in any more, and wait for those who are in; after the grace time they are out."""
        await self._stack.aclose()


class ServedConsole:
    """A console with its doors.

    Attributes:
        backend: What its device is.
        hub: The device and its clients.
        doors: Where clients come in.
        listener: Where the device comes to; None if it is we who go to it.
    """

    def __init__(self, hub: Hub, backend: ChardevBackend, listener: Listener | None) -> None:
        self.backend = backend
        self.hub = hub
        self.doors: list[Door] = []
        self.listener = listener

    async def set_entrances(
        self, entrances: tuple[Entrance, ...], objects: ObjectSource | None, limits: Limits
    ) -> None:
        """Open the doors that are new among *entrances*, then close those that are not among them.

        Raises:
            AddressError: An address is wrong; no door has been opened or closed then.
            OSError: An address cannot be had; the same.
        """
        there = {door.entrance for door in self.doors}
        fresh: list[Door] = []
        try:
            for entrance in entrances:
                if entrance not in there:
                    fresh.append(Door(entrance))
                    await fresh[-1].open(self.hub, objects, limits)
        except BaseException:
            for door in fresh:
                await door.close()
            raise
        old = [door for door in self.doors if door.entrance not in entrances]
        self.doors = [door for door in self.doors if door not in old] + fresh
        for door in old:
            await door.close()

    async def close(self) -> None:
        """Disconnect everyone, who gets what is queued for him, and close the device and the records."""
        for session in tuple(self.hub.sessions.values()):
            self.hub.disconnect(session, "the server stops")
        self.hub.turn_away()
        for door in self.doors:
            await door.close()
        self.hub.close()
        if self.listener is not None:
            self.listener.close()


class ConsoleServer:
    """Some consoles on one loop.

    Args:
        loop: The loop: an `iochan.aio.AsyncioLoop` of the running one.
        objects: What addresses and entrances name.
        limits: What one entrance allows.

    Attributes:
        consoles: By name.
        ended: Called when the last device has ended for ever; None for nobody.
    """

    def __init__(self, loop: Loop, objects: ObjectSource | None = None, limits: Limits | None = None) -> None:
        self._loop = loop
        self._objects = objects
        self._limits = limits or Limits()
        self.consoles: dict[str, ServedConsole] = {}
        self.ended: Callable[[], object] | None = None

    async def open(
        self, name: str, backend: ChardevBackend, entrances: tuple[Entrance, ...]
    ) -> ServedConsole:
        """Serve the device *backend* at *entrances*; nothing stays open if one of them cannot be had.

        Raises:
            AddressError: An address is wrong, or *name* is taken.
            ChannelError: A record cannot be made.
            OSError: An address cannot be had.
        """
        if name in self.consoles:
            message = f"console {name!r} is there already: choose another name"
            raise AddressError(message)
        console = await self._make(name, backend)
        try:
            console.hub.taps += _open_taps(name, backend.records)
            await self.set_entrances_of(console, entrances)
        except BaseException:
            await console.close()
            raise
        self.consoles[name] = console
        console.hub.start()
        return console

    async def set_entrances_of(self, console: ServedConsole, entrances: tuple[Entrance, ...]) -> None:
        """See `ServedConsole.set_entrances`."""
        await console.set_entrances(entrances, self._objects, self._limits)

    async def close(self, name: str) -> None:
        """Close one console."""
        await self.consoles.pop(name).close()

    async def close_all(self) -> None:
        """Close every console."""
        for name in tuple(self.consoles):
            await self.close(name)

    async def _make(self, name: str, backend: ChardevBackend) -> ServedConsole:
        listener: Listener | None = None
        if backend.accepts:
            listener = await arun(listen_op(backend.address, objects=self._objects))
        dial = connect_dial(backend, self._objects) if listener is None else accept_dial(listener)
        hub = Hub(self._loop, name, dial, options=backend.options)
        hub.ended = lambda: self._device_ended(hub)
        return ServedConsole(hub, backend, listener)

    def _device_ended(self, hub: Hub) -> None:
        for session in tuple(hub.sessions.values()):
            hub.disconnect(session, "goodbye")
        if self.ended is not None and all(one.hub.over for one in self.consoles.values()):
            self.ended()


def _open_taps(name: str, records: Records) -> list[Tap]:
    taps: list[Tap] = []
    if records.logfile:
        taps.append(LogFile(records))
    if records.cast:
        taps.append(CastWriter(records.cast, version=records.cast_version, typed=records.typed, title=name))
    return taps


def _attendant(hub: Hub, front: Front) -> Callable[[AsyncChannel], Awaitable[None]]:
    async def attend(view: AsyncChannel) -> None:
        try:
            await arun(hub.serve_op(view.channel, front))
        except PeerRejected as error:
            _log.warning("%s: %s", hub.name, error)

    return attend
