from __future__ import annotations

import re

import pytest

from iochan.telnet.comport import LineState, ModemState, PortCommand
from iochan.telnet.comportserver import ComPortServer
from iochan.telnet.event import PortEvent
from iochan.telnet.simport import SimulatedPort


class Bench:
    """A server's end with a simulated port, and what it says."""

    def __init__(self) -> None:
        self.device = SimulatedPort()
        self.end = ComPortServer(self.device)
        self.said: list[bytes] = []
        self.events: list[PortEvent] = []
        self.end.attach(lambda key, payload: self.said.append(payload), self.events.append)

    def ask(self, payload: bytes) -> list[bytes]:
        self.said.clear()
        assert self.end.receive(payload) is None
        return self.said


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.end.started()
    return bench


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (b"\x00", b"\x64iochan"),
        (b"\x01\0\x01\xc2\0", b"\x65\0\x01\xc2\0"),
        (b"\x01\0\0\0\0", b"\x65\0\0\x25\x80"),
        (b"\x02\x07", b"\x66\x07"),
        (b"\x02\x00", b"\x66\x08"),
        (b"\x02\x09", b"\x66\x08"),
        (b"\x03\x05", b"\x67\x05"),
        (b"\x03\x06", b"\x67\x01"),
        (b"\x04\x03", b"\x68\x03"),
        (b"\x04\xff", b"\x68\x01"),
        (b"\x05\x00", b"\x69\x01"),
        (b"\x05\x03", b"\x69\x03"),
        (b"\x05\x11", b"\x69\x11"),
        (b"\x05\x04", b"\x69\x06"),
        (b"\x05\x05", b"\x69\x05"),
        (b"\x05\x07", b"\x69\x08"),
        (b"\x05\x09", b"\x69\x09"),
        (b"\x05\x0a", b"\x69\x0b"),
        (b"\x05\x0c", b"\x69\x0c"),
        (b"\x05\x0d", b"\x69\x0e"),
        (b"\x05\x12", b"\x69\x12"),
        (b"\x06", b"\x6a\x60"),
        (b"\x0a\xff", b"\x6e\xff"),
        (b"\x0c\x03", b"\x70\x03"),
    ],
)
def test_every_command_is_answered_with_what_is_in_force(bench: Bench, asked: bytes, answer: bytes) -> None:
    assert bench.ask(asked) == [answer]


@pytest.mark.parametrize(
    "asked", [b"\x05\xff", b"\x0c\x00", b"\x0c\x04", b"\x0d", b"\xc8abc", b"\x08", b"\x09"]
)
def test_what_asks_for_nothing_is_not_answered(bench: Bench, asked: bytes) -> None:
    assert bench.ask(asked) == []


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (b"", "without a number"),
        (b"\x01\0", "BAUDRATE .* expected 4"),
        (b"\x02", "expected 1"),
        (b"\x08x", "expected 0"),
    ],
)
def test_nonsense_is_told(bench: Bench, payload: bytes, fault: str) -> None:
    assert re.search(fault, bench.end.receive(payload) or "")
    assert not bench.events


def test_the_user_hears_what_was_set_but_not_what_was_asked(bench: Bench) -> None:
    bench.ask(b"\x01\0\x01\xc2\0")
    bench.ask(b"\x02\x00")
    bench.ask(b"\x05\x05")
    bench.ask(b"\x05\x04")
    bench.ask(b"\x0c\x01")
    bench.ask(b"\x00me")
    assert bench.events == [
        PortEvent(PortCommand.BAUDRATE, 115200),
        PortEvent(PortCommand.CONTROL, 5),
        PortEvent(PortCommand.PURGE, 1),
        PortEvent(PortCommand.SIGNATURE, "me"),
    ]
    assert bench.device.purges == 1


def test_the_client_may_ask_for_silence(bench: Bench) -> None:
    states = []
    for asked in (b"\x08", b"\x09"):
        bench.ask(asked)
        states.append(bench.end.suspended)
    assert states == [True, False]
    bench.said.clear()
    bench.end.hold(on=True)
    bench.end.hold(on=False)
    assert bench.said == [b"\x6c", b"\x6d"]


def test_modem_lines_are_told_at_the_start_and_when_they_change(bench: Bench) -> None:
    assert bench.said == [b"\x6b\xbb"]
    bench.said.clear()
    bench.end.notify_modem()
    assert bench.said == []
    bench.device.lines &= ~ModemState.CTS
    bench.end.notify_modem()
    assert bench.said == [bytes((0x6B, ModemState.DSR | ModemState.CD | ModemState.CTS_CHANGED))]


def test_only_the_end_of_ringing_counts(bench: Bench) -> None:
    bench.said.clear()
    bench.device.lines |= ModemState.RI
    bench.end.notify_modem()
    assert bench.said == []
    bench.device.lines &= ~ModemState.RI
    bench.end.notify_modem()
    assert bench.said == [b"\x6b\xb4"]


def test_a_mask_keeps_lines_back(bench: Bench) -> None:
    assert bench.ask(b"\x0b\x80") == [b"\x6f\x80", b"\x6b\x80"]
    bench.said.clear()
    bench.device.lines &= ~ModemState.CTS
    bench.end.notify_modem()
    assert bench.said == []
    bench.device.lines &= ~ModemState.CD
    bench.end.notify_modem()
    assert bench.said == [b"\x6b\x00"]
    assert bench.ask(b"\x0b\x00") == [b"\x6f\x00"]


def test_a_poll_is_answered(bench: Bench) -> None:
    assert bench.ask(b"\x07") == [b"\x6b\xb0"]


def test_a_line_state_is_told_to_who_wants_it(bench: Bench) -> None:
    bench.said.clear()
    bench.end.notify_line(LineState.BREAK)
    assert bench.said == []
    bench.ask(b"\x0a\x10")
    bench.said.clear()
    bench.end.notify_line(LineState.BREAK | LineState.FRAMING_ERROR)
    assert bench.said == [b"\x6a\x10"]


def test_nothing_is_told_before_it_is_agreed_on() -> None:
    bench = Bench()
    bench.end.notify_modem()
    bench.end.notify_line(LineState.BREAK)
    bench.end.hold(on=True)
    assert bench.said == []
