"""The telnet codec: data, commands, options and sub-negotiations taken apart and put together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from iochan.core.buffers import Flat
from iochan.core.bytequeue import ByteQueue
from iochan.core.codec import BATCH, STARVED, Codec
from iochan.core.errors import HandshakeError, LimitExceeded, TruncatedError, show_bytes
from iochan.telnet.command import DO, DONT, IAC, SB, SE, WILL, WONT, Command, pack_subnegotiation
from iochan.telnet.comportend import ComPortEnd
from iochan.telnet.errors import SubnegotiationTooLong, TelnetError
from iochan.telnet.event import CommandEvent, EventQueue, OptionEvent, TerminalEvent, WindowEvent
from iochan.telnet.option import Option, OptionSide

__all__ = ["MAX_EARLY", "MAX_SUBNEGOTIATION", "MAX_TERMINAL", "TelnetCodec", "TelnetTerms"]

MAX_SUBNEGOTIATION: Final = 1024
"""Bytes that one sub-negotiation may have on the wire, before its end."""

MAX_EARLY: Final = 262144
"""Bytes of data that are kept while an answer about a port is awaited."""

MAX_TERMINAL: Final = 40
"""Characters in the name of a terminal's type (RFC 1091)."""

_SMALL: Final = 4096
"""Up to here one copy is cheaper than what `encode` does."""

_IS: Final = 0
_SEND: Final = 1

# All data up to the next command: a doubled IAC is data.
_DATA: Final = re.compile(rb"[^\xff]*+(?:\xff\xff[^\xff]*+)*+")
_SPECIAL: Final = {True: re.compile(b"\xff"), False: re.compile(b"[\xff\r]")}
_CR: Final = 13
_ENTER: Final = re.compile(b"\r[\0\n]")
_SILENT: Final = frozenset({Command.NOP, Command.DATA_MARK, Command.GO_AHEAD})
_COMMANDS: Final = frozenset(Command) - _SILENT


@dataclass(frozen=True, slots=True)
class TelnetTerms:
    """What one end of a connection is, and what it agrees to.

    Attributes:
        server: Which end it is.
        binary: Whether both directions shall be free of the rules for carriage returns (RFC 856).
        echo: Whether a server asks its client not to echo what is typed (RFC 857).
        enter: Whether CR LF from the peer is read as CR alone, as a terminal's Enter key sends it.
        terminal: The type of a client's terminal; None has none to tell.
        window: Columns and rows of a client's window; None has none.
    """

    server: bool
    binary: bool = True
    echo: bool = True
    enter: bool = False
    terminal: str | None = None
    window: tuple[int, int] | None = None


class TelnetCodec(Codec):
    """One end of a telnet connection.

    Whatever a peer sends, what is owed to it is bounded: of the answers about one option, and of all
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
        events: What the peer said beside the data.
        terminal: The type of the peer's terminal; None until it said.
        window: Columns and rows of the peer's window; None until it said.
    """

    def __init__(self, terms: TelnetTerms, comport: ComPortEnd | None = None) -> None:
        super().__init__()
        self.events = EventQueue()
        self.terminal: str | None = None
        self.window: tuple[int, int] | None = None
        self._terms = terms
        self._own_window = terms.window
        self._comport = comport
        self._comport_started = False
        self._plain = ByteQueue()
        self._tail = b""
        self._base = 0
        self._after_cr = False
        self._cut = False
        self._error: TelnetError | None = None
        self._binary_in = False
        self._binary_out = False
        self._answers: dict[tuple[bool, int], int] = {}
        self._replies: dict[bytes, bytes] = {}
        ours, theirs = self._allowed()
        self.ours = OptionSide(WILL, WONT, ours, self._say)
        self.theirs = OptionSide(DO, DONT, theirs, self._say)
        if comport is not None:
            comport.attach(self._send_port, self.events.put)
        self._begin()

    def _allowed(self) -> tuple[set[int], set[int]]:
        """Return the options that may be on: on our side, and on the peer's."""
        terms = self._terms
        both: set[int] = {Option.SUPPRESS_GO_AHEAD}
        if terms.binary:
            both.add(Option.BINARY)
        if self._comport is not None:
            both.add(Option.COM_PORT)
        if terms.server:
            echo = {Option.ECHO} if terms.echo else set()
            return both | echo, both | {Option.TERMINAL_TYPE, Option.WINDOW_SIZE}
        own = {Option.TERMINAL_TYPE} if terms.terminal is not None else set()
        # The size of a window may become known later.
        return both | own | {Option.WINDOW_SIZE}, both | {Option.ECHO}

    def _begin(self) -> None:
        """Ask for what this end wants from the start."""
        terms = self._terms
        self.theirs.ask(Option.SUPPRESS_GO_AHEAD, on=True)
        if terms.binary:
            self.theirs.ask(Option.BINARY, on=True)
        if terms.server:
            self.ours.ask(Option.SUPPRESS_GO_AHEAD, on=True)
            if terms.echo:
                self.ours.ask(Option.ECHO, on=True)
            self.theirs.ask(Option.TERMINAL_TYPE, on=True)
            self.theirs.ask(Option.WINDOW_SIZE, on=True)
            return
        if terms.terminal is not None:
            self.ours.ask(Option.TERMINAL_TYPE, on=True)
        if terms.window is not None:
            self.ours.ask(Option.WINDOW_SIZE, on=True)
        if self._comport is not None:
            self.ours.ask(Option.COM_PORT, on=True)

    @property
    def binary(self) -> tuple[bool, bool]:
        """Whether what we send, and what we receive, is free of the rules for carriage returns."""
        return self._binary_out, self._binary_in

    @override
    def step(self) -> bool:
        comport = self._comport
        if comport is None or not comport.waiting:
            return True
        if self._error is not None:
            raise self._error
        if self._cut:
            message = "the server ended the connection before it answered what was asked of its port"
            raise TruncatedError(message)
        if not (self._comport_started or self.ours.is_asked(Option.COM_PORT)):
            message = "the server lets nobody set its port (it refuses RFC 2217): connect without serial="
            raise HandshakeError(message)
        if len(self._plain) > MAX_EARLY:
            message = f"over {MAX_EARLY} bytes of data came before the answer about the port: read them first"
            raise LimitExceeded(message)
        return False

    def _say(self, verb: int, option: int) -> None:
        self._answers[verb <= WONT, option] = verb
        self.has_output = True

    def reply(self, key: bytes, wire: bytes) -> None:
        """Queue *wire*, as it goes out; an unsent one of the same *key* is replaced."""
        self._replies[key] = wire
        self.has_output = True

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

    @override
    def receive(self, wire: memoryview) -> None:
        if not wire:
            self._cut = True
            self.starved = False
            return
        if self._error is not None:
            return
        data = self._tail + bytes(wire)
        at, end = 0, len(data)
        try:
            while at < end:
                stop = _data_end(data, at)
                if stop > at:
                    self._take_data(data[at:stop])
                    at = stop
                if at == end or not (size := self._take_command(data, at)):
                    break
                at += size
        except TelnetError as error:
            # What came before it is still good.
            self._error = error
        self._tail = data[at:]
        self._base += at
        self.starved = not self._plain and self._error is None

    @override
    def receive_into(self, wire: memoryview, size: int, view: Flat, relaxed_eof: bool) -> int:
        # The commonest case: nothing but data, and room for all of it.
        if (
            0 < size <= len(view)
            and not self._tail
            and not self._after_cr
            and _SPECIAL[self._binary_in].search(wire, 0, size) is None
            and self._error is None
            and not self._cut
        ):
            memoryview(view)[:size] = wire[:size]
            self._base += size
            return size
        self.receive(wire[:size])
        return self.decode_into(view, relaxed_eof=relaxed_eof)

    def _take_data(self, data: bytes) -> None:
        if IAC in data:
            data = data.replace(b"\xff\xff", b"\xff")
        if not self._binary_in:
            enter = self._terms.enter
            if self._after_cr and (data[0] == 0 or (enter and data[0] == 10)):
                data = data[1:]
                self._after_cr = False
                if not data:
                    return
            self._after_cr = data[-1] == _CR
            if _CR in data:
                data = _ENTER.sub(b"\r", data) if enter else data.replace(b"\r\0", b"\r")
        self._plain.put(data)

    def _take_command(self, data: bytes, at: int) -> int:
        """Take the command that begins at *at* and return its size; 0 if it is not all there."""
        left = len(data) - at
        if left < 2:
            return 0
        code = data[at + 1]
        if code >= WILL:
            if left < 3:
                return 0
            self._take_word(code, data[at + 2])
            return 3
        if code == SB:
            return self._take_subnegotiation(data, at)
        if code in _COMMANDS:
            self._take_plain_command(Command(code))
        return 2

    def _take_plain_command(self, command: Command) -> None:
        self.events.put(CommandEvent(command))
        if command is Command.ARE_YOU_THERE:
            # A person at a terminal wants to see something; a program gets what is no data.
            nop = bytes((IAC, Command.NOP))
            self.reply(b"here", b"\r\n[yes]\r\n" if self._terms.server else nop)

    def _take_word(self, verb: int, option: int) -> None:
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
            self._binary_out = on
            return
        self._binary_in = on
        self._after_cr = False
        if on and not self.ours.is_asked(Option.BINARY):
            self.ours.ask(Option.BINARY, on=True)

    def _start_comport(self) -> None:
        if self._comport is not None and not self._comport_started:
            self._comport_started = True
            self._comport.started()

    def _take_subnegotiation(self, data: bytes, at: int) -> int:
        """Take the sub-negotiation that begins at *at* and return its size; 0 if it is not all there."""
        if len(data) < at + 3:
            return 0
        option = data[at + 2]
        begin = at + 3
        end = _data_end(data, begin)
        offset = self._base + at
        if end - begin > MAX_SUBNEGOTIATION:
            came = show_bytes(data[begin : begin + MAX_SUBNEGOTIATION])
            fact = (
                f"a sub-negotiation of option {option} goes on after {came}: "
                f"expected IAC SE within {MAX_SUBNEGOTIATION} bytes"
            )
            raise SubnegotiationTooLong(offset, fact)
        if len(data) < end + 2:
            return 0
        if data[end + 1] != SE:
            fact = f"IAC {data[end + 1]} within a sub-negotiation of option {option}: expected IAC SE"
            raise TelnetError(offset, fact)
        fault = self._take_payload(option, data[begin:end].replace(b"\xff\xff", b"\xff"))
        if fault is not None:
            raise TelnetError(offset, fault)
        return end + 2 - at

    def _take_payload(self, option: int, payload: bytes) -> str | None:
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
            name = self._terms.terminal or ""
            self.reply(b"terminal", pack_subnegotiation(option, bytes((_IS,)) + name.encode("ascii")))
        return None

    @override
    def decode_into(self, view: Flat, *, relaxed_eof: bool = False) -> int:
        if self._plain:
            got = self._plain.take_into((memoryview(view),))
            self.starved = not (self._plain or self._cut or self._error is not None)
            return got
        if self._error is not None:
            raise self._error
        if not self._cut:
            self.starved = True
            return STARVED
        if self._tail and not relaxed_eof:
            message = f"the connection ended within a telnet command, after {show_bytes(self._tail)}"
            raise TruncatedError(message)
        return 0

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        special = _SPECIAL[self._binary_out]
        wire: list[Flat] = []
        size = 0
        for piece in pieces:
            part = piece if len(piece) <= BATCH - size else memoryview(piece)[: BATCH - size]
            size += len(part)
            wire.append(part if special.search(part) is None else self._escape(bytes(part)))
            if size == BATCH:
                break
        return size, wire

    def _escape(self, data: bytes) -> bytes:
        data = data.replace(b"\xff", b"\xff\xff")
        if not self._binary_out:
            # A CR that no LF follows is followed by NUL (RFC 854); a LF that comes later is read as it is.
            data = data.replace(b"\r", b"\r\0").replace(b"\r\0\n", b"\r\n")
        return data

    @override
    def seal(self, data: Flat, room: memoryview) -> int:
        size = len(data)
        if size > _SMALL or _SPECIAL[self._binary_out].search(data) is not None:
            return 0
        room[:size] = data
        return size

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        answers = [bytes((IAC, verb, option)) for (_, option), verb in self._answers.items()]
        wire = b"".join((*answers, *self._replies.values()))
        self._answers.clear()
        self._replies.clear()
        self.has_output = False
        return (wire,)


def _data_end(data: bytes, at: int) -> int:
    """Return where the data ends that begins at *at*: at a command, or at the end."""
    match = _DATA.match(data, at)
    return at if match is None else match.end()
