"""The telnet codec: data, commands, options and sub-negotiations taken apart and put together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from iochan.core.buffers import Flat
from iochan.core.bytequeue import ByteQueue
from iochan.core.codec import BATCH, STARVED, Codec
from iochan.core.errors import LimitExceeded, TruncatedError, show_bytes
from iochan.telnet.command import IAC, SB, SE, WILL, Command
from iochan.telnet.dialogue import Dialogue
from iochan.telnet.errors import SubnegotiationTooLong, TelnetError

__all__ = ["MAX_EARLY", "MAX_SUBNEGOTIATION", "TelnetCodec"]

MAX_SUBNEGOTIATION: Final = 1024
"""Bytes that one sub-negotiation may have on the wire, before its end."""

MAX_EARLY: Final = 262144
"""Bytes of data that are kept while an answer about a port is awaited."""

_MUCH: Final = 4096
"""After so many bytes of commands alone, others get a turn."""

_SMALL: Final = 4096
"""Up to here one copy is cheaper than what `encode` does."""

# All data up to the next command: a doubled IAC is data.
_DATA: Final = re.compile(rb"[^\xff]*+(?:\xff\xff[^\xff]*+)*+")
_SPECIAL: Final = {True: re.compile(b"\xff"), False: re.compile(b"[\xff\r]")}
_CR: Final = 13
_ENTER: Final = re.compile(b"\r[\0\n]")
_SILENT: Final = frozenset({Command.NOP, Command.DATA_MARK, Command.GO_AHEAD})
_COMMANDS: Final = frozenset(Command) - _SILENT


class TelnetCodec(Codec):
    """One end of a telnet connection.

    Args:
        dialogue: What is said beside the data.

    Attributes:
        dialogue: The same.
    """

    def __init__(self, dialogue: Dialogue) -> None:
        super().__init__()
        self.dialogue = dialogue
        self._enter = dialogue.terms.enter
        self._plain = ByteQueue()
        self._tail = b""
        self._base = 0
        self._after_cr = False
        self._cut = False
        self._error: TelnetError | None = None
        self.note_owed()

    @override
    def step(self) -> bool:
        if self.dialogue.settled:
            return True
        if self._error is not None:
            raise self._error
        if self._cut:
            message = "the server ended the connection before it answered what was asked of its port"
            raise TruncatedError(message)
        if len(self._plain) > MAX_EARLY:
            message = f"over {MAX_EARLY} bytes of data came before the answer about the port: read them first"
            raise LimitExceeded(message)
        return False

    def note_owed(self) -> None:
        """See what `dialogue` owes: to be called after something was said through it."""
        self.has_output = self.dialogue.owes

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
        self.note_owed()
        self.starved = not self._plain and self._error is None
        self.tired = self.starved and end > _MUCH

    @override
    def receive_into(self, wire: memoryview, size: int, view: Flat, relaxed_eof: bool) -> int:
        # The commonest case: nothing but data, and room for all of it.
        if (
            0 < size <= len(view)
            and not self._tail
            and not self._after_cr
            and _SPECIAL[self.dialogue.binary_in].search(wire, 0, size) is None
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
        if not self.dialogue.binary_in:
            enter = self._enter
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
            self.dialogue.take_word(code, data[at + 2])
            return 3
        if code == SB:
            return self._take_subnegotiation(data, at)
        if code in _COMMANDS:
            self.dialogue.take_command(Command(code))
        return 2

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
        fault = self.dialogue.take_payload(option, data[begin:end].replace(b"\xff\xff", b"\xff"))
        if fault is not None:
            raise TelnetError(offset, fault)
        return end + 2 - at

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
        special = _SPECIAL[self.dialogue.binary_out]
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
        if not self.dialogue.binary_out:
            # A CR that no LF follows is followed by NUL (RFC 854); a LF that comes later is read as it is.
            data = data.replace(b"\r", b"\r\0").replace(b"\r\0\n", b"\r\n")
        return data

    @override
    def seal(self, data: Flat, room: memoryview) -> Flat:
        if len(data) > _SMALL or _SPECIAL[self.dialogue.binary_out].search(data) is not None:
            return b""
        return data

    @override
    def outgoing(self, room: memoryview) -> Sequence[Flat]:
        wire = self.dialogue.take_owed()
        self.note_owed()
        return (wire,)


def _data_end(data: bytes, at: int) -> int:
    """Return where the data ends that begins at *at*: at a command, or at the end."""
    match = _DATA.match(data, at)
    return at if match is None else match.end()
