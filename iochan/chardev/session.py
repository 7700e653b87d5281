"""One client of a console."""

from __future__ import annotations

from dataclasses import dataclass, field

from iochan.chardev.escape import DEFAULT_ESCAPE, EscapeFilter
from iochan.chardev.outlet import DEFAULT_QUEUE, Outlet
from iochan.chardev.password import Passwords
from iochan.chardev.role import Access, Role, peer_names
from iochan.core.channel import Channel
from iochan.core.errors import show_text
from iochan.core.facts import PEER_ADDRESS

__all__ = ["Front", "Session", "notice"]


def notice(text: str) -> bytes:
    """Return a line from the server itself, as clients see it between what the device sends."""
    return b"\r\n[iochan: " + text.encode("ascii", "backslashreplace") + b"]\r\n"


@dataclass(frozen=True, slots=True)
class Front:
    """How the clients of one listener are served.

    Attributes:
        access: Who has which role; everyone may write by default.
        escape: The key that begins a command to the server; None for a line that passes every byte.
        notices: Whether clients are told what goes on (gap markers are there in any case).
        queue: Bytes that a client may be behind.
        disconnect_slow: Whether a client that is further behind is disconnected; otherwise it misses bytes.
        passwords: What a client that has no role by its name is asked for.
    """

    access: Access = field(default_factory=lambda: Access(default=Role.WRITER))
    escape: int | None = DEFAULT_ESCAPE
    notices: bool = True
    queue: int = DEFAULT_QUEUE
    disconnect_slow: bool = False
    passwords: Passwords = field(default_factory=dict)


class Session:
    """A client that has a role.

    Attributes:
        number: What others call it; never used again.
        channel: Its channel.
        front: How it is served.
        role: What it may do.
        who: The name that it proved, or its address.
        outlet: What is written to it.
        escape: What takes commands out of what it types.
        lagging: Whether the device waits for it no more, until it has caught up.
        ending: Whether it is being disconnected.
        warned: Whether it was told that what it types goes nowhere.
        bytes_in: How many bytes it typed.
        window: The rows and columns of its window; None until it said.
    """

    __slots__ = (
        "bytes_in",
        "channel",
        "ending",
        "escape",
        "front",
        "lagging",
        "number",
        "outlet",
        "role",
        "warned",
        "who",
        "window",
    )

    def __init__(self, number: int, channel: Channel, front: Front, role: Role, outlet: Outlet) -> None:
        self.number = number
        self.channel = channel
        self.front = front
        self.role = role
        names = peer_names(channel)
        self.who = show_text(names[0]) if names else str(channel.extra(PEER_ADDRESS, None) or channel)
        self.outlet = outlet
        self.escape = EscapeFilter(front.escape)
        self.lagging = self.ending = self.warned = False
        self.bytes_in = 0
        self.window: tuple[int, int] | None = None

    @property
    def holds_back(self) -> bool:
        """Whether the device should wait for it: it has no room, and may yet have some."""
        outlet = self.outlet
        return outlet.full and not (self.lagging or outlet.held or self.channel.closed)

    def tell(self, text: str) -> None:
        """Send it a `notice`, unless its front has none."""
        if self.front.notices:
            self.outlet.send(notice(text))

    def describe(self) -> str:
        """Return its number, name and role."""
        return f"{self.number} {self.who} ({self.role.name.lower()})"
