"""What the two ends say to each other beside the data: options, commands and sub-negotiations."""

from __future__ import annotations

from typing import Final

from iochan.core.errors import HandshakeError, show_bytes
from iochan.telnet.command import DO, DONT, IAC, WILL, WONT, Command, pack_subnegotiation
from iochan.telnet.comportend import ComPortEnd
from iochan.telnet.event import CommandEvent, EventQueue, OptionEvent, TerminalEvent, WindowEvent
from iochan.telnet.option import Option, OptionSide
from iochan.telnet.terms import TelnetTerms

__all__ = ["MAX_TERMINAL", "Dialogue"]

MAX_TERMINAL: Final = 40
"""Characters in the name of a terminal's type (RFC 1091)."""

_IS: Final = 0
_SEND: Final = 1


class Dialogue:
    """One end of the talk. It knows no wire: `iochan.telnet.codec.TelnetCodec` does.

    Whatever a peer says, what is owed to it is bounded: of the answers about one option, and of all
    other answers of one kind, only the latest is kept until it is sent.

    A direction becomes binary exactly where its sender answers the receiver's DO with WILL. A WILL that
    nobody asked for is therefore said only to a peer that has answered, and did not ask (RFC 856 leaves
    open from where on such data is binary).

    Args:
        terms: What this end is.
        comport: What takes and gives the settings of a serial port; None refuses that option.

    Attributes:
        ours: The options of our side.
        theirs: The options of the peer's side.
        events: What the peer said.
        terminal: The type of the peer's terminal; None until it said.
        window: Columns and rows of the peer's window; None until it said.
        binary_in: Whether what we receive is free of the rules for carriage returns.
        binary_out: Whether what we send is.
        owes: Whether `take_owed` has something.
    """

    def __init__(self, terms: TelnetTerms, comport: ComPortEnd | None = None) -> None:
        self.terms = terms
        self.events = EventQueue()
        self.terminal: str | None = None
        self.window: tuple[int, int] | None = None
        self.binary_in = False
        self.binary_out = False
        self.owes = False
        self._own_window = terms.window
        self._comport = comport
        self._comport_started = False
        self._answers: dict[tuple[bool, int], int] = {}
        self._replies: dict[bytes, bytes] = {}
        has_port = comport is not None
        ours, theirs = terms.allowed(comport=has_port)
        self.ours = OptionSide(WILL, WONT, ours, self._say)
        self.theirs = OptionSide(DO, DONT, theirs, self._say)
        if comport is not None:
            comport.attach(self._send_port, self.events.put)
        for side, options in zip((self.ours, self.theirs), terms.asked(comport=has_port), strict=True):
            for option in options:
                side.ask(option, on=True)

    @property
    def agreed(self) -> bool:
        """Whether the peer has answered everything that it was asked about options."""
        return self.ours.agreed and self.theirs.agreed

    @property
    def settled(self) -> bool:
        """Whether no answer is awaited that the user asked to wait for.

        Raises:
            HandshakeError: It will not come: the server refuses to have its port set.
        """
        comport = self._comport
        if comport is None or not comport.waiting:
            return True
        if not (self._comport_started or self.ours.is_asked(Option.COM_PORT)):
            message = "the server lets nobody set its port (it refuses RFC 2217): connect without serial="
            raise HandshakeError(message)
        return False

    def _say(self, verb: int, option: int) -> None:
        self._answers[verb <= WONT, option] = verb
        self.owes = True

    def reply(self, key: bytes, wire: bytes) -> None:
        """Queue *wire*, as it goes out; an unsent one of the same *key* is replaced."""
        self._replies[key] = wire
        self.owes = True

    def _send_port(self, key: bytes, payload: bytes) -> None:
        self.reply(b"port" + key, pack_subnegotiation(Option.COM_PORT, payload))

    def set_window(self, columns: int, rows: int) -> None:
        """Tell the peer the size of our window, now or once it wants to know (RFC 1073)."""
        self._own_window = columns, rows
        if self.ours.is_on(Option.WINDOW_SIZE):
            size = columns.to_bytes(2, "big") + rows.to_bytes(2, "big")
            self.reply(b"window", pack_subnegotiation(Option.WINDOW_SIZE, size))
        else:
            self.ours.ask(Option.WINDOW_SIZE, on=True)

    def take_owed(self) -> bytes:
        """Return all that has to be sent, and forget it."""
        answers = [bytes((IAC, verb, option)) for (_, option), verb in self._answers.items()]
        wire = b"".join((*answers, *self._replies.values()))
        self._answers.clear()
        self._replies.clear()
        self.owes = False
        return wire

    def take_command(self, command: Command) -> None:
        """Take a command of two bytes."""
        self.events.put(CommandEvent(command))
        if command is Command.ARE_YOU_THERE:
            # A person at a terminal wants to see something; a program gets what is no data.
            nop = bytes((IAC, Command.NOP))
            self.reply(b"here", b"\r\n[yes]\r\n" if self.terms.server else nop)

    def take_word(self, verb: int, option: int) -> None:
        """Take WILL, WONT, DO or DONT about *option*."""
        ours = verb in {DO, DONT}
        side = self.ours if ours else self.theirs
        if not side.take(option, on=verb in {WILL, DO}):
            return
        on = side.is_on(option)
        self.events.put(OptionEvent(option, ours, on))
        if option == Option.BINARY:
            self._turn_binary(ours=ours, on=on)
        elif option == Option.COM_PORT and on:
            self._start_comport()
        elif on and ours and option == Option.WINDOW_SIZE and self._own_window is not None:
            self.set_window(*self._own_window)
        elif on and not ours and option == Option.TERMINAL_TYPE:
            self.reply(b"terminal", pack_subnegotiation(option, bytes((_SEND,))))

    def _turn_binary(self, *, ours: bool, on: bool) -> None:
        if ours:
            self.binary_out = on
            return
        self.binary_in = on
        if on and not self.ours.is_asked(Option.BINARY):
            self.ours.ask(Option.BINARY, on=True)

    def _start_comport(self) -> None:
        if self._comport is not None and not self._comport_started:
            self._comport_started = True
            self._comport.started()

    def take_payload(self, option: int, payload: bytes) -> str | None:
        """Take what a sub-negotiation says; return what is wrong with it, or None."""
        if option == Option.COM_PORT and self._comport is not None and self._comport_started:
            return self._comport.receive(payload)
        if option == Option.WINDOW_SIZE and self.theirs.is_on(option):
            if len(payload) != 4:
                return f"a window size of {len(payload)} bytes ({show_bytes(payload)}): expected 4"
            self.window = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:], "big")
            self.events.put(WindowEvent(*self.window))
        elif option == Option.TERMINAL_TYPE and payload[:1] == bytes((_IS,)) and self.theirs.is_on(option):
            name = payload[1:].decode("ascii", "replace").lower()
            if len(name) > MAX_TERMINAL or not name.isprintable() or not name.isascii():
                return (
                    f"a terminal type of {show_bytes(payload[1:])}: expected at most {MAX_TERMINAL} letters"
                )
            self.terminal = name
            self.events.put(TerminalEvent(name))
        elif option == Option.TERMINAL_TYPE and payload == bytes((_SEND,)) and self.ours.is_on(option):
            name = self.terms.terminal or ""
            self.reply(b"terminal", pack_subnegotiation(option, bytes((_IS,)) + name.encode("ascii")))
        return None
