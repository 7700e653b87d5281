"""Telnet: whole or in parts the wire gives the same data, events and error, and what is owed is bounded.

The first byte of the input says which end takes the rest, and whether it has a serial port.
"""

from __future__ import annotations

from iochan.core.codec import STARVED
from iochan.core.errors import TruncatedError
from iochan.core.scratch import SCRATCH_SIZE
from iochan.telnet.codec import TelnetCodec
from iochan.telnet.comportend import ComPortEnd
from iochan.telnet.comportserver import ComPortServer
from iochan.telnet.dialogue import Dialogue
from iochan.telnet.errors import TelnetError
from iochan.telnet.event import MAX_EVENTS, TelnetEvent
from iochan.telnet.simport import SimulatedPort
from iochan.telnet.terms import TelnetTerms

MAX_OWED = 16384
"""Two answers for each option, and one for each thing that a port is asked."""

ROOM = memoryview(bytearray(SCRATCH_SIZE))


def make_codec(kind: int) -> TelnetCodec:
    """Return the codec that the first byte of an input asks for."""
    port: ComPortEnd | None = ComPortServer(SimulatedPort()) if kind & 2 else None
    server = bool(kind & 1)
    terms = TelnetTerms(server=server, enter=bool(kind & 4), terminal="xterm", window=(80, 24))
    return TelnetCodec(Dialogue(terms, port))


def take_all(codec: TelnetCodec, got: bytearray) -> str | None:
    """Append what *codec* has to *got*; return the error that ends it, if one does."""
    room = bytearray(4096)
    try:
        while (size := codec.decode_into(room)) > 0:
            got += room[:size]
    except (TelnetError, TruncatedError) as error:
        message = str(error)
        assert message.isprintable(), "a message that disturbs a terminal"
        return message
    return None if size == STARVED else "end"


def take_apart(kind: int, wire: bytes, step: int) -> tuple[bytes, str | None, list[TelnetEvent], int]:
    """Return the data of *wire* fed *step* bytes at a time, its end, the events, and how many were lost."""
    codec = make_codec(kind)
    got, end, owed = bytearray(), None, 0
    for start in range(0, len(wire), step):
        codec.receive(memoryview(wire)[start : start + step])
        end = take_all(codec, got)
        if codec.has_output:
            owed = max(owed, len(b"".join(codec.outgoing(ROOM))))
        if end is not None:
            break
    else:
        codec.receive(memoryview(b""))
        end = take_all(codec, got)
    assert owed <= MAX_OWED
    events = codec.dialogue.events
    taken = []
    while (event := events.take()) is not None:
        taken.append(event)
    assert len(taken) <= MAX_EVENTS
    return bytes(got), end, taken, events.dropped


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    kind, wire = (data[0], data[1:]) if data else (0, b"")
    whole = take_apart(kind, wire, max(1, len(wire)))
    assert take_apart(kind, wire, 1 + len(wire) // 2000) == whole
    check_data_comes_back(kind, wire)


def check_data_comes_back(kind: int, data: bytes) -> None:
    """Whatever one end sends as data, the other reads; CR LF too where it is not an Enter key."""
    sender, reader = make_codec(kind & ~4), make_codec(~kind & 1)
    got, left = bytearray(), memoryview(data)
    while left:
        size, wire = sender.encode((left,), ROOM)
        left = left[size:]
        for piece in wire:
            reader.receive(memoryview(piece))
            assert take_all(reader, got) is None
    assert got == data
