from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from iochan.core import clock
from iochan.core.blocked import Blocked
from iochan.core.errors import AddressError, LocalProtocolError, TruncatedError
from iochan.core.feature import ReadFlag
from iochan.core.op import Op, run
from iochan.core.sideband import SEND_BREAK, SET_WINDOW_SIZE, WATCH_PEER
from iochan.core.stacking import as_channel
from iochan.telnet.command import Command
from iochan.telnet.event import CommandEvent, OptionEvent, TelnetEvent, TerminalEvent, WindowEvent
from iochan.telnet.facts import TELNET_BINARY, TELNET_TERMINAL, TELNET_WINDOW
from iochan.telnet.layer import TelnetLayer
from iochan.telnet.option import Option
from iochan.testing.drivers import DRIVERS
from tests.telnet.ends import Ends, settle

EVERY_BYTE = bytes(range(256)) * 4 + b"\r\0\r\n\r\r\xff\xff\0\n\r"


def events(layer: TelnetLayer) -> list[TelnetEvent]:
    return list(iter(layer.take_event, None))


@pytest.mark.parametrize("binary", [True, False])
def test_every_byte_passes_both_ways(ends: Ends, binary: bool) -> None:
    server, client = ends({"binary": binary}, binary=binary)
    assert server.extra(TELNET_BINARY) == (binary, binary)
    assert client.extra(TELNET_BINARY) == (binary, binary)
    client.write_all(EVERY_BYTE)
    assert server.read_exactly(len(EVERY_BYTE)) == EVERY_BYTE
    server.write_all(EVERY_BYTE)
    assert client.read_exactly(len(EVERY_BYTE)) == EVERY_BYTE


def test_what_the_client_tells_of_its_terminal_is_known(ends: Ends) -> None:
    server, client = ends(terminal="xterm", window=(80, 24))
    assert server.extra(TELNET_TERMINAL) == "xterm"
    assert server.extra(TELNET_WINDOW) == (80, 24)
    assert {WindowEvent(80, 24), TerminalEvent("xterm")} <= set(events(server))
    client.send_window_size(132, 50)
    settle(server)
    assert events(server) == [WindowEvent(132, 50)]


def test_the_server_echoes_and_the_client_knows(ends: Ends) -> None:
    server, client = ends()
    assert client.is_on(Option.ECHO, ours=False)
    events(client)
    server.ask(Option.ECHO, ours=True, on=False)
    settle(client, server)
    assert events(client) == [OptionEvent(Option.ECHO, ours=False, on=False)]
    assert not server.is_on(Option.ECHO, ours=True)
    server.ask(Option.ECHO, ours=True, on=True)
    settle(client, server)
    assert server.is_on(Option.ECHO, ours=True)


def test_commands_come_in_their_place(ends: Ends) -> None:
    server, client = ends()
    events(server)
    client.write_all(b"before")
    client.send_break()
    client.send_command(Command.INTERRUPT)
    client.write_all(b"behind")
    assert server.read_exactly(12) == b"beforebehind"
    assert events(server) == [CommandEvent(Command.BREAK), CommandEvent(Command.INTERRUPT)]


def test_a_callback_gets_each_event_as_it_comes(ends: Ends) -> None:
    seen: list[TelnetEvent] = []
    server, client = ends()
    events(server)
    server.on_event = seen.append
    client.send_break()
    settle(server)
    assert seen == [CommandEvent(Command.BREAK)]
    assert server.take_event() is None
    assert server.dropped_events == 0


def test_a_callback_is_called_while_a_read_waits_for_data(ends: Ends) -> None:
    server, client = ends()
    events(server)
    # Data comes only once the event was seen.
    server.on_event = lambda event: client.write_all(b"seen")
    client.send_break()
    server.timeout = 5
    assert server.read(10) == b"seen"
    server.timeout = None
    client.send_break()
    assert server.read(10) == b"seen"


def test_a_flood_of_events_is_bounded_and_counted(ends: Ends) -> None:
    server, client = ends()
    events(server)
    assert client.lower is not None
    client.lower.write_all(b"\xff\xf3" * 1000)
    settle(server)
    assert len(events(server)) == 64
    assert server.dropped_events == 936


def test_a_client_that_floods_and_reads_nothing_costs_no_memory(ends: Ends) -> None:
    server, client = ends()
    wire = client.lower
    assert wire is not None
    storm = b"".join(bytes((255, verb, option)) for verb in (251, 253) for option in range(50, 250)) * 50
    taken = 0
    room = bytearray(100)
    for _ in range(8):
        put = wire.try_write(storm)
        taken += 0 if isinstance(put, Blocked) else put
        assert isinstance(server.try_readinto(room), Blocked)
    assert taken > 100_000
    assert len(server.codec.outgoing(memoryview(bytearray(10)))[0]) <= 2 * 256 * 3


def test_the_end_below_is_the_end(ends: Ends) -> None:
    server, client = ends()
    client.write_all(b"last words")
    client.close()
    assert server.read_exactly(10) == b"last words"
    assert server.read(1) == b""
    assert server.read(1) == b""


def test_one_direction_ends_alone(ends: Ends) -> None:
    server, client = ends()
    client.write_eof()
    assert server.read(1) == b""
    server.write_all(b"more")
    assert client.read_exactly(4) == b"more"
    with pytest.raises(LocalProtocolError, match="ended its writing"):
        client.send_break()


def test_a_client_that_vanishes_within_a_command_is_told(ends: Ends) -> None:
    server, client = ends()
    assert client.lower is not None
    client.lower.write_all(b"x\xff\xfa\x18")
    client.abort()
    assert server.read(1) == b"x"
    with pytest.raises(TruncatedError):
        server.read(1)
    assert server.try_readinto(bytearray(1), ReadFlag.RELAXED_EOF) == 0


def test_a_window_that_is_no_window_is_refused(ends: Ends) -> None:
    _, client = ends()
    with pytest.raises(AddressError, match="from 0 to 65535"):
        client.send_window_size(70000, 24)


def test_nothing_is_said_before_the_handshake() -> None:
    one, other = socket.socketpair()
    layer = as_channel(one).telnet_client()
    assert isinstance(layer, TelnetLayer)
    with other:
        with pytest.raises(LocalProtocolError, match="handshake"):
            layer.send_break()
        layer.abort()


@pytest.mark.parametrize("closer", ["server", "client"])
def test_a_close_at_once_loses_nothing_though_words_are_in_flight(closer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    server, client = as_channel(near).telnet_server(), as_channel(far).telnet_client(window=(80, 24))
    left, right = (server, client) if closer == "server" else (client, server)
    data = bytes(range(256)) * 2000

    def send_op() -> Op[None]:
        yield from left.write_all_op(data)
        yield from left.close_op()

    try:
        DRIVERS["stepped"](left.handshake_op(), right.handshake_op())
        _, got = DRIVERS["stepped"](send_op(), right.read_exactly_op(len(data)))
        assert got == data
        assert right.read(1) == b""
    finally:
        left.abort()
        right.abort()


@pytest.mark.slow
def test_a_peer_that_answers_nothing_delays_the_close_only_a_little() -> None:
    one, other = socket.socketpair()
    with other, as_channel(one).telnet_server() as server:
        server.handshake()
        other.sendall(b"x" * 100)
        started = clock.now()
        server.close()
        assert clock.now() - started < 3
        assert other.recv(1) == b"\xff"


class Heard:
    """Notes what a peer says beside the bytes."""

    def __init__(self) -> None:
        self.said: list[tuple[int, int] | str] = []

    def peer_break(self) -> None:
        self.said.append("break")

    def peer_window(self, rows: int, columns: int) -> None:
        self.said.append((rows, columns))

    def peer_hold(self, *, on: bool) -> None:
        self.said.append("hold" if on else "go on")


def test_breaks_and_sizes_pass_by_the_names_that_consoles_know(ends: Ends) -> None:
    server, client = ends(window=(80, 24))
    heard = Heard()
    server.extra(WATCH_PEER)(heard)
    run(client.extra(SEND_BREAK)())
    client.extra(SET_WINDOW_SIZE)(50, 132)
    settle(server)
    assert heard.said == [(24, 80), "break", (50, 132)]


def test_who_sends_commands_without_end_leaves_others_their_turn() -> None:
    one, other = socket.socketpair()
    with other, as_channel(one).telnet_server() as server:
        server.handshake()
        other.setblocking(False)
        storm = b"\xff\xf6" * 8192
        turns = 0
        for _ in range(20):
            with suppress(BlockingIOError):
                other.send(storm)
            got = server.try_readinto(bytearray(100))
            assert isinstance(got, Blocked)
            turns += got.deadline is not None
        assert turns >= 10
