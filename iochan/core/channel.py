"""The channel: every verb, over the primitives of whoever wrote it."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import override

from iochan.core.condition import Shutdown
from iochan.core.errors import UnsupportedFeature
from iochan.core.feature import Feature
from iochan.core.guard import WriteGuard
from iochan.core.op import Op, run, within
from iochan.core.seeking import Seeking
from iochan.core.stacking import Stacking

if TYPE_CHECKING:
    from typing import Self

    from iochan.core.attribute import Attribute

__all__ = ["AS_SET", "CLOSE_SECONDS", "HANDSHAKE_SECONDS", "Channel"]

CLOSE_SECONDS = 10.0
"""How long `Channel.close` waits for a peer that does not take what was written."""

HANDSHAKE_SECONDS = 10.0
"""How long `Channel.handshake` waits for a silent peer."""

T = TypeVar("T")
_MISSING: Any = object()
AS_SET: Any = object()
"""The timeout that the channel has as its own attribute."""


class Channel(Seeking, Stacking):
    """A stream of bytes, whatever carries it.

    The same object serves blocking code (the verbs), a loop of your own (a `Watch`, or the
    ``…_op`` operations as a `Task`), and ``async`` code (`iochan.aio.AsyncChannel`, a view of it).

    Verbs come from the base classes: `Reading`, `Writing`, `Seeking`, `Stacking`; what an author of
    a channel writes is in `Primitives`.
    """

    __slots__ = ()

    @property
    def close_seconds(self) -> float | None:
        """How long `close` takes at most, unless it is told; None for no limit (a command's own end)."""
        return CLOSE_SECONDS

    def fileno(self) -> int:
        """Return the one descriptor that this channel is about, or -1.

        -1 means that there is none (memory), more than one, or that the channel is closed. Polling
        it by hand misses bytes that wait inside the stack: use a `Watch`.
        """
        return -1

    @property
    def lower(self) -> Channel | None:
        """The channel below this layer; None for a channel that is no layer."""
        return None

    @overload
    def extra(self, attribute: Attribute[T]) -> T: ...
    @overload
    def extra(self, attribute: Attribute[T], default: T | None) -> T | None: ...
    def extra(self, attribute: Attribute[T], default: T | None = _MISSING) -> T | None:
        """Return what the nearest channel of the stack, this one first, knows of *attribute*.

        Raises:
            LookupError: None of them knows, and there is no *default*.
        """
        channel: Channel | None = self
        while channel is not None:
            find = channel.attributes().get(attribute)
            if find is not None:
                value: T = find()
                return value
            channel = channel.lower
        if default is _MISSING:
            message = f"nothing in the stack {self} knows the {attribute.name}"
            raise LookupError(message)
        return default

    def shutdown(self, how: Shutdown = Shutdown.BOTH) -> None:
        """End one or both directions now, without a goodbye, and wake who waits there.

        Any thread may call it, at any time; it does not wait. Later reads return 0 or raise, later
        writes raise. For an orderly end of one direction use `write_eof`.
        """
        if self.closed:
            return
        if Feature.SHUTDOWN not in self.features:
            message = f"{self._name} cannot be shut down from outside: close it"
            raise UnsupportedFeature(message, "HALF_CLOSE")
        self.do_shutdown(how)

    def write_eof(self) -> None:
        """End the writing direction in order: flush, say goodbye, half-close. Reads go on.

        Raises:
            UnsupportedFeature: The stack cannot end one direction alone (no `Feature.HALF_CLOSE`).
        """
        run(self.write_eof_op(), self._timeout)

    def write_eof_op(self) -> Op[None]:
        """The operation of `write_eof`."""
        yield from self.flush_op()
        with WriteGuard(self):
            yield from self.end_writing_op()

    def end_writing_op(self) -> Op[None]:
        """What `write_eof` does once all is flushed: a channel with two directions has its own."""
        message = f"{self._name} cannot end its writing direction alone: close it"
        yield from ()
        raise UnsupportedFeature(message, "HALF_CLOSE")

    def handshake(self, timeout: float | None = HANDSHAKE_SECONDS) -> None:
        """Do the handshakes of every layer of the stack, lowest first; done ones are passed over.

        Raises:
            ChannelTimeout: The peer did not finish it within *timeout* seconds.
        """
        run(self.handshake_op(timeout))

    def handshake_op(self, timeout: float | None = HANDSHAKE_SECONDS) -> Op[None]:
        """The operation of `handshake`."""
        op = self.establish_op()
        yield from op if timeout is None else within(op, timeout, f"the handshake of {self._name}")

    def establish_op(self) -> Op[None]:
        """Do what has to be done before bytes can pass; layers with a handshake have their own."""
        if self.lower is not None:
            yield from self.lower.establish_op()

    def close(self, timeout: float | None = AS_SET) -> None:
        """Close in order: send what is gathered and owed, say goodbye, then give everything back.

        A second call does nothing. Whatever happens, the channel is closed when it returns.

        Args:
            timeout: Seconds for all of it, after which the rest is dropped; None for no limit. If it
                is not given, `close_seconds` says.

        Raises:
            ChannelBrokenError: Bytes that writes had accepted could not be sent any more.
            ChannelTimeout: The peer did not take them in time.
        """
        run(self.close_op(timeout))

    def close_op(self, timeout: float | None = AS_SET) -> Op[None]:
        """The operation of `close`. Cancelled, it closes at once."""
        if self.closed:
            return
        if timeout is AS_SET:
            timeout = self.close_seconds
        try:
            if self.held:
                yield from self._push_held_op()
            op = self.farewell_op()
            yield from op if timeout is None else within(op, timeout, f"closing {self._name}")
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once: nothing more is sent, no goodbye is said, nothing is waited for."""
        if not self.closed:
            self.mark_closed()
            self.do_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    @override
    def __str__(self) -> str:
        return self._name if self.lower is None else f"{self._name}+{self.lower}"

    @override
    def __repr__(self) -> str:
        return f"<{'closed ' if self.closed else ''}{type(self).__name__} {self}>"
