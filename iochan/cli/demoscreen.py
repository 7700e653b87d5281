"""The screen of ``iochan demo``: its shell for VNC viewers, by X509Vnc and over a WebSocket in TLS."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from iochan import aio
from iochan.cli.vncconsole import take_seat
from iochan.cli.vncserve import doors_at
from iochan.core import clock
from iochan.core.errors import ChannelTimeout, IochanError
from iochan.core.task import Task
from iochan.objects import ObjectStore
from iochan.secret.value import Secret
from iochan.tls.layer import upgrade
from iochan.tls.x509 import X509Creds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iochan.chardev.hub import Hub
    from iochan.vnc.client import VncClient
    from iochan.vnc.console.screen import Screen

__all__ = ["CLIENT", "DemoScreen", "Served"]

CLIENT = "?tls.creds=tls0&tls.hostname=localhost"
"""What clients add to an address."""

_DOORS = ("tcp://127.0.0.1:0", "ws+tls+tcp://127.0.0.1:0?tls.creds=tls0")
_PATIENCE = 20.0
_ASKED = "the shell says 42 to its viewers"


@dataclass(frozen=True, slots=True)
class Served:
    """A screen that is served.

    Attributes:
        screen: It.
        addresses: Where viewers come in.
        password: What they are asked for.
    """

    screen: Screen
    addresses: tuple[str, ...]
    password: str


class DemoScreen:
    """The console *hub* as a screen; *objects* has the server's credentials."""

    def __init__(self, hub: Hub, objects: ObjectStore) -> None:
        self._hub = hub
        self._objects = objects

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Served]:
        """Let viewers in while the block runs."""
        from iochan.vnc.console.desktop import ConsoleDesktop  # noqa: PLC0415 - the extra
        from iochan.vnc.security import Passwords, Security  # noqa: PLC0415
        from iochan.vnc.server import VncServer  # noqa: PLC0415

        password = secrets.token_hex(4)
        loop = aio.AsyncioLoop()
        desktop = ConsoleDesktop(take_seat(loop, self._hub))
        security = Security(
            Passwords(Secret(password.encode())), x509=upgrade(self._objects.get("tls0", X509Creds))
        )
        server = VncServer(desktop.screen.framebuffer, desktop, security=security, name=self._hub.name)
        showing = Task(loop, desktop.run_op())
        try:
            async with doors_at(server, _DOORS, self._objects) as addresses:
                yield Served(desktop.screen, addresses, password)
        finally:
            showing.cancel()

    async def show(self, objects: ObjectStore, console: Console, picture: Path) -> bool:
        """Ask the shell something as a viewer, and tell whether all viewers see the same, pixel by pixel.

        Args:
            objects: With the clients' credentials.
            console: Where it is told.
            picture: A file for what they see.

        Raises:
            OSError: The picture cannot be written.
        """
        from PIL import Image  # noqa: PLC0415 - the extra

        from iochan.vnc.vencrypt import names  # noqa: PLC0415

        async with self.serving() as served, AsyncExitStack() as stack:
            try:
                viewers = [await _look(where, objects, served.password, stack) for where in served.addresses]
                await aio.arun(viewers[0].type_op('echo "the shell says $((6 * 7)) to its viewers"\n'))
                pixels = await _agree(viewers, served.screen)
            except (IochanError, OSError) as error:
                console.print(f"  [red]the screen could not be seen: {error}[/red]")
                return False
            for viewer, address in zip(viewers, served.addresses, strict=True):
                proof = names([viewer.security])
                console.print(f"  {address}\n    a VNC viewer by {proof}: every pixel is right", markup=False)
        Image.fromarray(pixels).save(picture)
        console.print(f"    what they see: {picture}", markup=False, soft_wrap=True)
        return True


async def _look(address: str, objects: ObjectStore, password: str, stack: AsyncExitStack) -> VncClient:
    """Return a viewer that came in at *address*, with TLS that verifies the server; *stack* ends it."""
    from iochan.vnc.client import VncClient  # noqa: PLC0415 - the extra
    from iochan.vnc.login import Credentials  # noqa: PLC0415

    word = Secret(password.encode())
    if address.startswith("tcp:"):
        start = upgrade(objects.get("tls0", X509Creds), hostname="localhost")
        channel, credentials = await aio.connect(address), Credentials(word, x509=start)
    else:
        channel = await aio.connect(address + CLIENT, objects=objects)
        credentials = Credentials(word, protected=True)
    client: VncClient = await aio.arun(VncClient.connect_op(channel.channel, credentials))
    stack.push_async_callback(aio.arun, client.close_op())
    return client


async def _agree(viewers: Sequence[VncClient], screen: Screen) -> NDArray[np.uint8]:
    """Wait until the answer is there and every viewer sees what was painted, and return that.

    Raises:
        ChannelTimeout: They do not agree.
    """
    end = clock.now() + _PATIENCE
    while clock.now() < end:
        seen = [await aio.arun(viewer.screenshot_op()) for viewer in viewers]
        painted = screen.framebuffer.rgb()
        if any(_ASKED in line for line in screen.lines) and all((one == painted).all() for one in seen):
            return painted
    message = f"the viewers see something else than was painted after {_PATIENCE:g} s"
    raise ChannelTimeout(message)
