"""Telnet layers that carry a serial port (RFC 2217): the client's and the server's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from typing_extensions import override

from iochan.core import clock
from iochan.core.attribute import Attributes
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import HandshakeError
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op, run
from iochan.core.sideband import FOLLOW_LINE, TELL_LINE, LineSource
from iochan.telnet.codec import TelnetCodec
from iochan.telnet.comport import PortCommand, PortControl, Purge
from iochan.telnet.comportclient import ComPortClient
from iochan.telnet.comportserver import ComPortServer
from iochan.telnet.layer import TelnetLayer
from iochan.telnet.portconfig import PortConfig

__all__ = ["BREAK_SECONDS", "PortClientLayer", "PortServerLayer"]

BREAK_SECONDS: Final = 0.25
"""How long ``PortClientLayer.send_break`` lasts."""


class PortClientLayer(TelnetLayer):
    """A serial port at the other end of the connection.

    The handshake ends when the server has answered everything that the first settings ask for. Verbs that
    wait for an answer do so for `timeout`: some servers do not answer what their hardware cannot do.

    Args:
        lower: The channel below, owned from now on.
        codec: The codec, with *port* in it.
        port: The client's end of RFC 2217.

    Attributes:
        port: What is known of the port.
    """

    __slots__ = ("port",)

    def __init__(self, lower: Channel, codec: TelnetCodec, port: ComPortClient) -> None:
        super().__init__(lower, codec)
        self.port = port

    @override
    def check_established(self) -> None:
        refused = self.port.take_refused()
        if refused:
            message = f"the port cannot be set as asked: {', '.join(refused)}; ask for what it can do"
            raise HandshakeError(message)

    def configure(self, config: PortConfig) -> None:
        """Set the port, and wait until the server has answered.

        The wait reads: it is refused while something else does. Where something always reads, use `tell`
        and see the `PortEvent` that is the answer. Data that comes meanwhile is kept, up to
        `iochan.telnet.codec.MAX_EARLY`.

        Raises:
            HandshakeError: The server set something else; `port` says what is in force.
        """
        run(self.configure_op(config), self.timeout)

    def configure_op(self, config: PortConfig) -> Op[None]:
        """The operation of `configure`."""
        yield from self._tell_op(lambda: self.port.configure(config))
        yield from self._settled_op()

    def set_control(self, value: PortControl) -> None:
        """Set flow control, the break, DTR or RTS, and wait for the answer as `configure` does."""
        run(self.set_control_op(value), self.timeout)

    def set_control_op(self, value: PortControl) -> Op[None]:
        """The operation of `set_control`."""
        yield from self.tell_op(PortCommand.CONTROL, value)
        yield from self._settled_op()

    def set_break(self, *, on: bool) -> None:
        """Begin or end a break, and wait for the answer as `configure` does."""
        run(self.set_control_op(PortControl.BREAK_ON if on else PortControl.BREAK_OFF), self.timeout)

    @override
    def send_break_op(self) -> Op[None]:
        """Hold the port in the break condition for `BREAK_SECONDS`; the answers are not waited for."""
        yield from self.tell_op(PortCommand.CONTROL, PortControl.BREAK_ON)
        until = clock.now() + BREAK_SECONDS
        while clock.now() < until:
            yield Blocked(deadline=until)
        yield from self.tell_op(PortCommand.CONTROL, PortControl.BREAK_OFF)

    def purge(self, which: Purge = Purge.BOTH) -> None:
        """Empty the buffers of the port, and wait for the answer as `configure` does."""
        run(self.purge_op(which), self.timeout)

    def purge_op(self, which: Purge = Purge.BOTH) -> Op[None]:
        """The operation of `purge`."""
        yield from self.tell_op(PortCommand.PURGE, which)
        yield from self._settled_op()

    def read_signature(self) -> str:
        """Ask the server who it is, and wait for the answer as `configure` does."""
        return run(self.read_signature_op(), self.timeout)

    def read_signature_op(self) -> Op[str]:
        """The operation of `read_signature`."""
        yield from self.tell_op(PortCommand.SIGNATURE, 0)
        yield from self._settled_op()
        return self.port.signature

    def tell(self, command: PortCommand, value: int = 0) -> None:
        """Send *command* with *value* and do not wait for an answer: masks, questions, SUSPEND, RESUME."""
        run(self.tell_op(command, value), self.timeout)

    def tell_op(self, command: PortCommand, value: int = 0) -> Op[None]:
        """The operation of `tell`."""
        yield from self._tell_op(lambda: self.port.ask(command, value))

    def _settled_op(self) -> Op[None]:
        """Read until every answer has come, and refuse what is not as it was asked for."""
        with ReadGuard(self), WriteGuard(self):
            try:
                while not self._step():
                    yield from self._push_op()
                    yield from self._receive_op()
            finally:
                # What was given up is not waited for by the next who asks.
                self.port.forget()
            self.check_established()


class PortServerLayer(TelnetLayer):
    """A client that may set the serial port of this end.

    Args:
        lower: The channel below, owned from now on.
        codec: The codec, with *port* in it.
        port: The server's end of RFC 2217.
        follow: Has the port be that of somebody else, see `FOLLOW_LINE`; None if it stays what it is.

    Attributes:
        port: What is known of the client's wishes.
    """

    __slots__ = ("_follow", "port")

    def __init__(
        self,
        lower: Channel,
        codec: TelnetCodec,
        port: ComPortServer,
        follow: Callable[[LineSource], None] | None = None,
    ) -> None:
        super().__init__(lower, codec)
        self.port = port
        self._follow = follow

    @override
    def attributes(self) -> Attributes:
        known = super().attributes()
        follow = self._follow
        if follow is None:
            return known
        return {**known, FOLLOW_LINE: lambda: follow, TELL_LINE: lambda: self._tell_line}

    def _tell_line(self) -> None:
        """Tell the client what changed without waiting: it goes out with the next bytes at the latest."""
        with self._lock:
            self.port.notify_modem()
            self._telnet.note_owed()
            if self._writable:
                self._push()

    def notify_modem(self) -> None:
        """Tell the client which modem lines of the port changed, if it wants to know."""
        run(self.notify_modem_op(), self.timeout)

    def notify_modem_op(self) -> Op[None]:
        """The operation of `notify_modem`."""
        yield from self._tell_op(self.port.notify_modem)

    def notify_line(self, state: int) -> None:
        """Tell the client the line *state*, bits of `LineState`, if it wants to know any of them."""
        run(self.notify_line_op(state), self.timeout)

    def notify_line_op(self, state: int) -> Op[None]:
        """The operation of `notify_line`."""
        yield from self._tell_op(lambda: self.port.notify_line(state))

    def hold(self, *, on: bool) -> None:
        """Ask the client to send no data, or to send again; it may take a while to obey."""
        run(self.hold_op(on=on), self.timeout)

    def hold_op(self, *, on: bool) -> Op[None]:
        """The operation of `hold`."""
        yield from self._tell_op(lambda: self.port.hold(on=on))
