"""What a channel author writes: primitives that never wait."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NoReturn

from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views, as_view
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import ChannelBusyError, ChannelClosedError, UnsupportedFeature
from iochan.core.fd import FdBox
from iochan.core.feature import Feature
from iochan.core.op import Op

__all__ = ["MAX_SPIN", "Primitives"]

MAX_SPIN = 0.001
"""The longest `Primitives.spin`: who waits longer had better sleep."""


class Primitives(ABC):
    """The primitives of a channel, and the state that the verbs share.

    A primitive never waits, never raises for «not yet» and knows no event loop: it returns its
    result, or a `Blocked`. The verbs of `iochan.core.channel.Channel` answer empty buffers, closed
    channels, missing features and second users, so a primitive may assume that there is at least
    one byte of room or data, and that it is the only one of its direction.

    Attributes:
        closed: Whether this program has closed the channel.
        reading: Whether somebody reads (see `iochan.core.guard`); set for ever once closed.
        writing: The same for writing.
        held: What writes have gathered under ``set_cork``; None while not corked.
    """

    __slots__ = (
        "__weakref__",
        "_blocking",
        "_misses",
        "_name",
        "_read_flags",
        "_spin",
        "_timeout",
        "_write_flags",
        "closed",
        "held",
        "reading",
        "writing",
    )

    features: Feature = Feature.NONE
    """What this channel can do now; see `Feature`."""

    def __init__(self, name: str = "") -> None:
        self._name = name or type(self).__name__
        self.closed = False
        self.reading = False
        self.writing = False
        self.held: bytearray | None = None
        self._blocking = True
        self._timeout: float | None = None
        self._spin = 0.0
        self._misses = 0
        self.choose_flags()

    @abstractmethod
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        """Read some bytes into *views*, in order.

        Args:
            views: At least one, none empty.
            fds: Where received descriptors go; only given where `Feature.FD_PASS`.
            flags: Bits of `ReadFlag`; ``PEEK`` only given where `Feature.PEEK`.

        Returns:
            How many bytes were read, 0 at the end of the stream and ever after, or `Blocked`.
        """

    @abstractmethod
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        """Accept some bytes of *views*, in order.

        Bytes that are accepted but not yet handed to the kernel are *owed*; while a channel owes
        anything, it accepts nothing new.

        Returns:
            How many bytes were accepted, at least 1, or `Blocked`.
        """

    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        """Read some bytes into *buffer*, which is not empty: `try_readv` for one buffer.

        Channels for which making the view is what costs override it.
        """
        return self.try_readv((as_view(buffer),), None, flags)

    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        """Accept some bytes of *data*, which is not empty: `try_writev` for one buffer."""
        return self.try_writev((as_view(data),), (), flags)

    def try_flush(self) -> Blocked | None:
        """Push what is owed; None when nothing is owed any more."""
        return None

    @abstractmethod
    def ready(self, condition: Condition) -> Condition | Blocked:
        """Return the part of *condition* that holds now, or what to wait for.

        It may say so early, never late: bytes that wait inside the stack count. It pushes owed
        bytes first, where pushing them is what the condition needs.
        """

    @abstractmethod
    def do_close(self) -> None:
        """Give everything back at once, in any state, without waiting; a second call does nothing."""

    def do_shutdown(self, how: Shutdown) -> None:  # noqa: ARG002 - for those who can
        """End one or both directions at once and wake who waits there; any thread may call."""
        message = f"{self._name} has no directions that could be shut down one by one: close it"
        raise UnsupportedFeature(message, "SHUTDOWN")

    def attributes(self) -> Attributes:
        """Return what this very channel knows (not those below it)."""
        return {}

    def farewell_op(self) -> Op[None]:
        """Push what is owed and say goodbye, and so on down the stack: a close does it first."""
        blocked = self.try_flush()
        while blocked is not None:
            yield blocked
            blocked = self.try_flush()

    def do_set_delay(self, *, delay: bool) -> None:  # noqa: B027 - a hint
        """Let the channel delay small writes, or not (``TCP_NODELAY`` is *not delay*): a hint."""

    @property
    def name(self) -> str:
        """What messages call this channel."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    @property
    def blocking(self) -> bool:
        """Whether verbs wait (the default) or raise `WouldBlock`.

        Only verbs that may do part of the work obey it: ``read``, ``write`` and their kin. Those
        that promise all (``read_exactly``, ``write_all``, ``close``) always wait. The setting is of
        this object alone: it changes no descriptor.
        """
        return self._blocking

    @blocking.setter
    def blocking(self, blocking: bool) -> None:
        self._blocking = blocking
        self.choose_flags()

    @property
    def timeout(self) -> float | None:
        """How many seconds a blocking verb may take as a whole; None waits for ever."""
        return self._timeout

    @timeout.setter
    def timeout(self, timeout: float | None) -> None:
        if timeout is not None and timeout < 0:
            message = f"a timeout of {timeout:g} s: it must be 0 or more, or None to wait for ever"
            raise ValueError(message)
        self._timeout = timeout
        self.choose_flags()

    @property
    def spin(self) -> float:
        """How many seconds a blocking read tries again and again before it sleeps; 0, the default, is never.

        Where peer and reader have a processor each, an answer that comes within some 50 µs is then had in a
        fraction of the time that sleeping and waking take. Where they share one, the peer has to wait for
        the spinning to end: leave it 0. After a few reads that spun for nothing, only one in sixteen does.
        """
        return self._spin

    @spin.setter
    def spin(self, seconds: float) -> None:
        if not 0 <= seconds <= MAX_SPIN:
            message = f"a spin of {seconds:g} s: it must be 0 to {MAX_SPIN:g}, or it only burns the processor"
            raise ValueError(message)
        self._spin = seconds
        self.choose_flags()

    def choose_flags(self) -> None:
        """Set what the first try of a blocking verb may assume (`ReadFlag`, `WriteFlag`)."""
        sleepy = self._blocking and self._timeout is None and not self._spin
        self._read_flags = 4 if sleepy else 8 if self._blocking else 0
        self._write_flags = 4 if sleepy else 0

    def mark_closed(self) -> None:
        """Let no verb in any more."""
        self.closed = self.reading = self.writing = True
        self.held = None

    def refuse(self, role: str) -> NoReturn:
        """Raise the error for who comes second, or after the close.

        Args:
            role: "reader" or "writer".
        """
        if self.closed:
            message = f"{self._name} is closed: it cannot be used any more"
            raise ChannelClosedError(message)
        message = f"{self._name} has a {role} already: one at a time, or a channel for each"
        raise ChannelBusyError(message)

    def _require(self, feature: Feature, what: str) -> None:
        # Plain integers: the flags' own arithmetic costs as much as a small write.
        if not self.features._value_ & feature._value_:
            message = f"{self._name} cannot {what}: it lacks the feature {feature.name}"
            raise UnsupportedFeature(message, feature.name or "")
