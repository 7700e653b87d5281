"""Telnet over any channel."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from typing_extensions import override

from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.buffers import Room
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import AddressError, ChannelError, RemoteProtocolError
from iochan.core.feature import Feature, ReadFlag
from iochan.core.guard import WriteGuard
from iochan.core.op import Op, run, within
from iochan.core.sideband import SEND_BREAK, SET_WINDOW_SIZE, WATCH_PEER, PeerWatcher
from iochan.telnet.codec import TelnetCodec
from iochan.telnet.command import IAC, Command
from iochan.telnet.comport import PortCommand
from iochan.telnet.event import CommandEvent, PortEvent, TelnetEvent, WindowEvent
from iochan.telnet.facts import TELNET_BINARY, TELNET_TERMINAL, TELNET_WINDOW

__all__ = ["LINGER_SECONDS", "OnEvent", "TelnetLayer", "check_window"]

OnEvent = Callable[[TelnetEvent], None]
"""What takes events as they come: it neither raises nor waits nor reads."""

LINGER_SECONDS: Final = 0.5
"""How long a close waits at most for a peer that owes answers; those that are no telnet never answer."""

_HOLDS: Final = frozenset({PortCommand.SUSPEND, PortCommand.RESUME})
_LAST_READS: Final = 64
_MAX_SIDE: Final = 65535


def check_window(window: tuple[int, int]) -> None:
    """Refuse a size that two bytes cannot say.

    Raises:
        AddressError: It is out of range.
    """
    if not all(0 <= side <= _MAX_SIDE for side in window):
        message = f"window={window[0]}x{window[1]}: columns and rows must be from 0 to {_MAX_SIDE}"
        raise AddressError(message)


class TelnetLayer(CodecLayer):
    """One telnet connection on *lower*, as a stream of bytes that holds the data alone.

    All 256 values pass unchanged, in both directions, whatever the peer agrees to. What the peer says beside
    the data comes while the channel is read: to *on_event* at once, or into a queue for `take_event`.
    Telnet has no goodbye: the end below is the end, unless it cuts a command (`TruncatedError`).

    Args:
        lower: The channel below, owned from now on.
        codec: The codec, for this connection only.

    Attributes:
        on_event: Called by whoever reads, with each event; it must neither raise nor read, and not wait.
            None, as at first, leaves events to `take_event`.
    """

    __slots__ = ("_dialogue", "_telnet", "on_event")

    def __init__(self, lower: Channel, codec: TelnetCodec) -> None:
        super().__init__(lower, codec, "telnet")
        # Telnet has no goodbye of its own: a direction ends as it does below.
        self.features |= lower.features & Feature.HALF_CLOSE
        self._telnet = codec
        self._dialogue = codec.dialogue
        self.on_event: OnEvent | None = None

    @override
    def attributes(self) -> Attributes:
        dialogue = self._dialogue
        return {
            TELNET_TERMINAL: lambda: dialogue.terminal,
            TELNET_WINDOW: lambda: dialogue.window,
            TELNET_BINARY: lambda: (dialogue.binary_out, dialogue.binary_in),
            SEND_BREAK: lambda: self.send_break_op,
            SET_WINDOW_SIZE: lambda: self._tell_window,
            WATCH_PEER: lambda: self._watch,
        }

    def _tell_window(self, rows: int, columns: int) -> None:
        """Tell the peer our window's size without waiting: it goes out with the next bytes at the latest."""
        check_window((columns, rows))
        with self._lock:
            self._dialogue.set_window(columns, rows)
            self._telnet.note_owed()
            if self._writable:
                self._push()

    def _watch(self, watcher: PeerWatcher) -> None:
        """Have *watcher* told of breaks, sizes and holds, those that wait in the queue included."""

        def hear(event: TelnetEvent) -> None:
            if isinstance(event, WindowEvent):
                watcher.peer_window(event.rows, event.columns)
            elif isinstance(event, CommandEvent) and event.command is Command.BREAK:
                watcher.peer_break()
            elif isinstance(event, PortEvent) and event.what in _HOLDS:
                watcher.peer_hold(on=event.what == PortCommand.SUSPEND)

        while (event := self.take_event()) is not None:
            hear(event)
        self.on_event = hear

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        on_event = self.on_event
        if on_event is None:
            return super().try_readinto(buffer, flags)
        try:
            # A sleep in the kernel would end only with data, and an event has to be told before.
            return super().try_readinto(buffer, flags & ~ReadFlag.MAY_SLEEP)
        finally:
            while (event := self._dialogue.events.take()) is not None:
                on_event(event)

    def take_event(self) -> TelnetEvent | None:
        """Return the oldest event that nobody has taken; None if there is none, or *on_event* gets them.

        At most `iochan.telnet.event.MAX_EVENTS` wait: when one more comes, the oldest is dropped.
        """
        return self._dialogue.events.take()

    @property
    def dropped_events(self) -> int:
        """How many events were dropped because nobody took them."""
        return self._dialogue.events.dropped

    def is_on(self, option: int, *, ours: bool) -> bool:
        """Return whether both ends have agreed that *option* is on, on our side or on the peer's."""
        return (self._dialogue.ours if ours else self._dialogue.theirs).is_on(option)

    @override
    def farewell_op(self) -> Op[None]:
        if self._established and not self.reading:
            yield from self._push_op()
            # What goes wrong here was of no use any more.
            with suppress(ChannelError, RemoteProtocolError):
                yield from within(self._hear_out_op(), LINGER_SECONDS)
        yield from super().farewell_op()

    def _hear_out_op(self) -> Op[None]:
        """Drop what comes, until the peer has answered all: TCP resets whom it closes on with bytes unread.

        A reset could take away data that the peer has not read yet.
        """
        room = bytearray(65536)
        for _ in range(_LAST_READS):
            got = self.try_readinto(room)
            if got == 0 or (isinstance(got, Blocked) and self._dialogue.agreed):
                return
            if isinstance(got, Blocked):
                yield got

    @override
    def end_writing_op(self) -> Op[None]:
        self._say_goodbye()
        yield from self._push_op()
        yield from self._lower.end_writing_op()

    def send_command(self, command: Command) -> None:
        """Send *command*, behind what was written before."""
        run(self.send_command_op(command), self.timeout)

    def send_command_op(self, command: Command) -> Op[None]:
        """The operation of `send_command`."""
        wire = bytes((IAC, command))
        yield from self._tell_op(lambda: self._dialogue.reply(wire, wire))

    def send_break(self) -> None:
        """Send a break, behind what was written before; a port has `PortClientLayer.set_break`."""
        run(self.send_break_op(), self.timeout)

    def send_break_op(self) -> Op[None]:
        """The operation of `send_break`."""
        yield from self.send_command_op(Command.BREAK)

    def send_window_size(self, columns: int, rows: int) -> None:
        """Tell the peer the size of our window, now or as soon as it agrees to be told."""
        run(self.send_window_size_op(columns, rows), self.timeout)

    def send_window_size_op(self, columns: int, rows: int) -> Op[None]:
        """The operation of `send_window_size`."""
        check_window((columns, rows))
        yield from self._tell_op(lambda: self._dialogue.set_window(columns, rows))

    def ask(self, option: int, *, ours: bool, on: bool) -> None:
        """Ask the peer for *option* to be on or off; an `OptionEvent` tells if it comes to that."""
        run(self.ask_op(option, ours=ours, on=on), self.timeout)

    def ask_op(self, option: int, *, ours: bool, on: bool) -> Op[None]:
        """The operation of `ask`."""
        side = self._dialogue.ours if ours else self._dialogue.theirs
        yield from self._tell_op(lambda: side.ask(option, on=on))

    def _tell_op(self, tell: Callable[[], None]) -> Op[None]:
        """Send what *tell* gives to the codec, behind all that was written."""
        yield from self.flush_op()
        with WriteGuard(self):
            if not self._writable:
                self._refuse_early()
            with self._lock:
                tell()
                self._telnet.note_owed()
            yield from self._push_op()
