"""One device, many clients: everyone sees what it sends, and who has the turn writes."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from iochan.chardev.device import FAIR_PIECES, Device, Dial, Reconnect
from iochan.chardev.line import ConsoleLine
from iochan.chardev.menu import run_command
from iochan.chardev.outlet import Outlet
from iochan.chardev.password import ask_password_op
from iochan.chardev.pen import Pen
from iochan.chardev.records import Tap
from iochan.chardev.role import Role
from iochan.chardev.screen import ScreenPast
from iochan.chardev.scrollback import DEFAULT_SCROLLBACK, Scrollback
from iochan.chardev.session import Front, Session, notice
from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.channel import CLOSE_SECONDS, Channel
from iochan.core.errors import ChannelClosedError, ChannelError, IochanError, PeerRejected
from iochan.core.feature import Feature
from iochan.core.loop import Loop
from iochan.core.op import Op
from iochan.core.task import Task

__all__ = ["Hub", "HubOptions"]

_STALLED: Final = 0.25
"""For which part of its patience the device waits for a client that takes nothing at all."""

_log = logging.getLogger("iochan.chardev")


@dataclass(frozen=True, slots=True)
class HubOptions:
    """How a console behaves.

    Attributes:
        scrollback: Bytes that who comes later gets first.
        shared: Whether all who may write do so at the same time.
        patience: Seconds for which the device is held back by a client whose queue is full. After them
            it is waited for no more until it has caught up, so a slow client costs the others at most this,
            once for each queue that it reads; a quarter of it if it takes nothing meanwhile. 0 never holds
            the device back.
        linger: Seconds for which a client that ended its writing direction still sees what comes.
        reconnect: When a device that went away is opened again; None for never.
        mute: Whether the device never sends anything, and is not read.
        screen: Whether who comes later gets the screen as it is, drawn anew, instead of the latest bytes: for
            programs that use all of it. All that the device sends is then followed by a terminal in Python.
    """

    scrollback: int = DEFAULT_SCROLLBACK
    shared: bool = False
    patience: float = 0.2
    linger: float = 0.5
    reconnect: Reconnect | None = None
    mute: bool = False
    screen: bool = False


class Hub:
    """A console: one device and its clients, on *loop*.

    Args:
        loop: Runs the device and the clients' queues; clients' `serve_op` belong on the same thread.
        name: What clients and messages call it.
        dial: Opens the device.
        options: How it behaves.
        taps: Records that are kept; closed with the console.

    Attributes:
        name: See above.
        options: See above; a change holds from then on.
        device: The device.
        pen: Who may write.
        line: What passes beside the bytes.
        past: What who comes later gets.
        sessions: The clients, by number.
        taps: See above.
        ended: Called once when the device has ended and is not opened again; None for nobody.
        joined: How many clients came.
        lost: Bytes that clients missed, the clients that have left included.
    """

    def __init__(
        self,
        loop: Loop,
        name: str,
        dial: Dial,
        *,
        options: HubOptions | None = None,
        taps: tuple[Tap, ...] = (),
    ) -> None:
        self._loop = loop
        self.name = name
        self.options = options or HubOptions()
        self.device = Device(
            name, dial, self.options.reconnect, self._received, self._device_changed, mute=self.options.mute
        )
        self.pen: Pen[Session] = Pen(shared=self.options.shared, changed=self._pen_changed)
        self.line = ConsoleLine(loop, self)
        self.past = ScreenPast() if self.options.screen else Scrollback(self.options.scrollback)
        self.sessions: dict[int, Session] = {}
        self._at_the_door: set[Channel] = set()
        self.taps = list(taps)
        self.ended: Callable[[], object] | None = None
        self._numbers = itertools.count(1)
        self.joined = self.lost = 0
        self._task: Task[None] | None = None

    @property
    def over(self) -> bool:
        """Whether the device has ended and is not opened again."""
        return self._task is not None and self._task.finished

    def start(self) -> None:
        """Open the device, and keep it open; a second call does nothing."""
        if self._task is None:
            self._task = Task(self._loop, self.device.run_op(), self._device_ended)

    def close(self) -> None:
        """Close the device, disconnect every client at once, and end the records."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        self.line.close()
        self.device.close()
        for session in tuple(self.sessions.values()):
            session.outlet.drop()
            session.channel.abort()
        for tap in self.taps:
            tap.close()

    def turn_away(self) -> None:
        """Disconnect who has no role yet."""
        for channel in tuple(self._at_the_door):
            channel.abort()

    def announce(self, text: str, but: Session | None = None) -> None:
        """Tell everyone, except *but*."""
        for session in tuple(self.sessions.values()):
            if session is not but:
                session.tell(text)

    def serve_op(self, channel: Channel, front: Front | None = None) -> Op[None]:
        """Serve one client, whose handshakes are done, until it leaves or is disconnected; then close it.

        Raises:
            PeerRejected: It has no role here.
        """
        front = front or Front()
        try:
            role, typed = yield from self._admit_op(channel, front)
            session = self._join(channel, front, role)
            try:
                yield from self._converse_op(session, typed)
            except ChannelClosedError:
                _log.debug("%s: %s disconnected", self.name, session.describe())
            except (IochanError, OSError) as error:
                _log.info("%s: %s: %s", self.name, session.describe(), error)
            finally:
                self._leave(session)
        finally:
            channel.abort()

    def may_write(self, session: Session) -> bool:
        """Tell whether it is *session*'s turn, or everybody's who has the role."""
        return session.role >= Role.WRITER and self.pen.may_write(session)

    def disconnect(self, session: Session, why: str) -> None:
        """Tell *session* *why*, let it have what is queued for it, and close it."""
        if not session.ending:
            session.tell(why)
            session.ending = True
            Task(self._loop, _finish_op(session))

    def _pen_changed(self, session: Session) -> None:
        session.warned = False
        self.line.apply_window(session)

    def _device_changed(self, text: str) -> None:
        self.announce(text)
        self.line.device_changed()
        if self.pen.holder is not None:
            self.line.apply_window(self.pen.holder)

    def _received(self, data: bytes) -> Op[None] | None:
        """Hand *data* to everyone; return what holds the device back, if it is to be."""
        self.past.put(data)
        for tap in self.taps:
            tap.output(data)
        crowded = False
        for session in tuple(self.sessions.values()):
            outlet = session.outlet
            if not outlet.send(data) and session.front.disconnect_slow and not session.channel.closed:
                _log.warning("%s: %s is too slow: disconnected", self.name, session.describe())
                session.channel.abort()
            if session.lagging:
                session.lagging = not outlet.idle
            elif session.holds_back:
                crowded = True
        return self._hold_op() if crowded and self.options.patience else None

    def _hold_op(self) -> Op[None]:
        begun = clock.now()
        until = begun + self.options.patience
        stalled = begun + self.options.patience * _STALLED
        before = {one.number: one.outlet.sent for one in self.sessions.values() if one.holds_back}
        while crowded := [one for one in self.sessions.values() if one.holds_back]:
            now = clock.now()
            for session in crowded:
                still = session.outlet.sent == before.get(session.number)
                session.lagging = now >= (stalled if still else until)
            wait = Blocked(deadline=stalled if now < stalled else until)
            for session in crowded:
                if not session.lagging:
                    wait |= session.outlet.stuck or Blocked(deadline=now)
            if not all(session.lagging for session in crowded):
                yield wait

    def _admit_op(self, channel: Channel, front: Front) -> Op[tuple[Role, bytes]]:
        """Return the client's role, and what it has typed already."""
        try:
            try:
                return front.access.role_of(channel), b""
            except PeerRejected:
                if not front.passwords:
                    raise
            self._at_the_door.add(channel)
            try:
                return (yield from ask_password_op(channel, front.passwords))
            finally:
                self._at_the_door.discard(channel)
        except PeerRejected:
            # Who has vanished meanwhile was refused all the same.
            with suppress(ChannelError):
                if front.notices:
                    yield from channel.write_all_op(notice("you have no role here"))
                yield from channel.close_op()
            raise

    def _join(self, channel: Channel, front: Front, role: Role) -> Session:
        outlet = Outlet(self._loop, channel, front.queue, lambda _: channel.abort())
        session = Session(next(self._numbers), channel, front, role, outlet)
        self.joined += 1
        past = self.past.read()
        if past:
            outlet.send(past)
        self.sessions[session.number] = session
        self.line.join(session)
        if role >= Role.WRITER:
            self.pen.take(session)
        if self.device.channel is None:
            session.tell("the device is away")
        if not self.may_write(session):
            session.warned = True
            self._explain(session)
        _log.info("%s: %s joined", self.name, session.describe())
        return session

    def _leave(self, session: Session) -> None:
        del self.sessions[session.number]
        self.lost += session.outlet.lost
        session.outlet.drop()
        self._give_up_pen(session)
        _log.info("%s: %s left", self.name, session.describe())

    def _give_up_pen(self, session: Session) -> None:
        heir = self.pen.leave(session)
        if heir is not None:
            heir.tell("you may write now")

    def _converse_op(self, session: Session, typed: bytes) -> Op[None]:
        pieces = 0
        while data := typed or (yield from session.channel.read_op()):
            typed = b""
            session.bytes_in += len(data)
            for item in session.escape.feed(data):
                if isinstance(item, int):
                    run_command(self, session, item)
                elif item:
                    yield from self._type_op(session, item)
            pieces += 1
            if not pieces % FAIR_PIECES:
                yield Blocked(deadline=clock.now())
        # It types no more, so somebody else may, while it still gets answers.
        self._give_up_pen(session)
        alive = Feature.HALF_CLOSE in session.channel.features
        until = clock.now() + (self.options.linger if alive else 0)
        while clock.now() < until and not session.channel.closed:
            yield Blocked(deadline=until)
        yield from _finish_op(session)

    def _type_op(self, session: Session, data: bytes) -> Op[None]:
        """Send what *session* typed to the device, if it may."""
        if session.role < Role.WRITER or not self.pen.take(session):
            if not session.warned:
                session.warned = True
                self._explain(session)
            return
        for tap in self.taps:
            tap.input(data, session.who)
        if not (yield from self.device.write_op(data)) and not session.warned:
            session.warned = True
            session.tell("the device is away: what you type goes nowhere")

    def _explain(self, session: Session) -> None:
        """Tell *session* why it cannot write."""
        holder = self.pen.holder
        if session.role < Role.WRITER:
            session.tell("you may look, and not write")
        elif holder is not None:
            session.tell(f"{holder.describe()} writes: ask for your turn")

    def _device_ended(self, task: Task[None]) -> None:
        if task is not self._task:
            return  # closed
        try:
            task.result()
        except (IochanError, OSError) as error:
            _log.warning("%s: %s", self.name, error)
        if self.ended is not None:
            self.ended()


def _finish_op(session: Session) -> Op[None]:
    """Wait until *session* has what is queued for it, and close its channel."""
    until = clock.now() + CLOSE_SECONDS
    session.outlet.hold(on=False)
    while not session.outlet.idle and clock.now() < until:
        yield (session.outlet.stuck or Blocked(deadline=clock.now())).by(until)
    yield from session.channel.close_op(max(0.0, until - clock.now()))
