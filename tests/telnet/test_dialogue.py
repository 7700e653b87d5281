from __future__ import annotations

import pytest

from iochan.core.errors import HandshakeError
from iochan.telnet.command import DO, DONT, IAC, SB, SE, WILL, WONT, Command
from iochan.telnet.comportclient import ComPortClient
from iochan.telnet.dialogue import Dialogue
from iochan.telnet.event import CommandEvent, OptionEvent, TerminalEvent, WindowEvent
from iochan.telnet.option import Option
from iochan.telnet.terms import TelnetTerms


def words(wire: bytes) -> set[tuple[int, int]]:
    assert len(wire) % 3 == 0
    return {(wire[at + 1], wire[at + 2]) for at in range(0, len(wire), 3)}


@pytest.fixture
def server() -> Dialogue:
    return Dialogue(TelnetTerms(server=True))


def test_a_server_asks_for_what_a_console_needs(server: Dialogue) -> None:
    assert words(server.take_owed()) == {
        (WILL, Option.ECHO),
        (WILL, Option.SUPPRESS_GO_AHEAD),
        (DO, Option.SUPPRESS_GO_AHEAD),
        (DO, Option.BINARY),
        (DO, Option.TERMINAL_TYPE),
        (DO, Option.WINDOW_SIZE),
    }
    assert not server.owes


def test_a_client_asks_for_little() -> None:
    client = Dialogue(TelnetTerms(server=False))
    assert words(client.take_owed()) == {(DO, Option.SUPPRESS_GO_AHEAD), (DO, Option.BINARY)}


def test_a_client_tells_its_window_once_it_is_asked() -> None:
    client = Dialogue(TelnetTerms(server=False, window=(255, 24)))
    assert (WILL, Option.WINDOW_SIZE) in words(client.take_owed())
    client.take_word(DO, Option.WINDOW_SIZE)
    assert client.take_owed() == bytes((IAC, SB, 31, 0, 255, 255, 0, 24, IAC, SE))


def test_a_window_that_becomes_known_later_is_offered_then() -> None:
    client = Dialogue(TelnetTerms(server=False))
    client.take_owed()
    client.set_window(80, 24)
    assert client.take_owed() == bytes((IAC, WILL, Option.WINDOW_SIZE))
    client.take_word(DO, Option.WINDOW_SIZE)
    assert client.take_owed() == bytes((IAC, SB, 31, 0, 80, 0, 24, IAC, SE))
    client.set_window(100, 24)
    client.set_window(101, 24)
    assert client.take_owed() == bytes((IAC, SB, 31, 0, 101, 0, 24, IAC, SE))


def test_a_terminal_type_is_asked_for_and_told(server: Dialogue) -> None:
    client = Dialogue(TelnetTerms(server=False, terminal="xterm-256color"))
    client.take_owed()
    server.take_owed()
    server.take_word(WILL, Option.TERMINAL_TYPE)
    assert server.take_owed() == bytes((IAC, SB, 24, 1, IAC, SE))
    client.take_word(DO, Option.TERMINAL_TYPE)
    assert client.take_payload(24, b"\x01") is None
    assert client.take_owed() == bytes((IAC, SB, 24, 0)) + b"xterm-256color" + bytes((IAC, SE))
    assert server.take_payload(24, b"\0XTERM-256COLOR") is None
    assert server.terminal == "xterm-256color"
    assert list(iter(server.events.take, None))[-1] == TerminalEvent("xterm-256color")


@pytest.mark.parametrize(
    ("option", "payload", "fault"),
    [
        (31, b"\0\x50\0", "3 bytes"),
        (31, b"", "0 bytes"),
        (24, b"\0" + b"x" * 41, "at most 40"),
        (24, b"\0\x1b[31m", "at most 40"),
        (24, b"\0\xe4", "at most 40"),
    ],
)
def test_nonsense_is_told(server: Dialogue, option: int, payload: bytes, fault: str) -> None:
    server.take_word(WILL, option)
    assert fault in (server.take_payload(option, payload) or "")


def test_what_was_not_agreed_on_is_passed_over(server: Dialogue) -> None:
    assert server.take_payload(31, b"\0\x50\0\x18") is None
    assert server.take_payload(24, b"\0xterm") is None
    assert server.take_payload(44, b"\x01\0\0\0\0") is None
    assert server.window is None
    assert server.terminal is None


def test_a_window_is_an_event(server: Dialogue) -> None:
    server.take_word(WILL, Option.WINDOW_SIZE)
    assert server.take_payload(31, b"\0\x50\0\x18") is None
    assert server.window == (80, 24)
    assert list(iter(server.events.take, None)) == [
        OptionEvent(Option.WINDOW_SIZE, ours=False, on=True),
        WindowEvent(80, 24),
    ]


def test_a_question_is_answered_so_that_somebody_sees_it(server: Dialogue) -> None:
    server.take_owed()
    server.take_command(Command.ARE_YOU_THERE)
    assert server.take_owed() == b"\r\n[yes]\r\n"
    assert server.events.take() == CommandEvent(Command.ARE_YOU_THERE)
    client = Dialogue(TelnetTerms(server=False))
    client.take_owed()
    client.take_command(Command.ARE_YOU_THERE)
    assert client.take_owed() == bytes((IAC, Command.NOP))


def test_binary_is_offered_only_to_a_peer_that_agreed_to_it_and_did_not_ask(server: Dialogue) -> None:
    server.take_owed()
    server.take_word(WILL, Option.BINARY)
    assert (server.binary_in, server.binary_out) == (True, False)
    assert server.take_owed() == bytes((IAC, WILL, Option.BINARY))
    server.take_word(DO, Option.BINARY)
    assert server.binary_out
    server.take_word(DONT, Option.BINARY)
    assert not server.binary_out


def test_binary_can_be_refused() -> None:
    server = Dialogue(TelnetTerms(server=True, binary=False))
    server.take_owed()
    server.take_word(DO, Option.BINARY)
    server.take_word(WILL, Option.BINARY)
    assert words(server.take_owed()) == {(WONT, Option.BINARY), (DONT, Option.BINARY)}


def test_unknown_options_are_refused(server: Dialogue) -> None:
    server.take_owed()
    for option in (5, 34, 39, 44, 255):
        server.take_word(DO, option)
        server.take_word(WILL, option)
    wire = server.take_owed()
    assert words(wire) == {(verb, option) for verb in (WONT, DONT) for option in (5, 34, 39, 44, 255)}


def test_a_client_whose_port_nobody_sets_is_told() -> None:
    client = Dialogue(TelnetTerms(server=False), ComPortClient())
    assert not client.settled
    client.take_word(DONT, Option.COM_PORT)
    with pytest.raises(HandshakeError, match="refuses RFC 2217"):
        assert client.settled
