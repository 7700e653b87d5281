from __future__ import annotations

import pytest

from iochan.telnet.comport import PortCommand, PortControl
from iochan.telnet.comportclient import ComPortClient
from iochan.telnet.event import PortEvent
from iochan.telnet.portconfig import PortConfig


class Bench:
    """A client's end, and what it says."""

    def __init__(self, config: PortConfig | None = None) -> None:
        self.end = ComPortClient(config)
        self.said: list[bytes] = []
        self.events: list[PortEvent] = []
        self.end.attach(lambda key, payload: self.said.append(payload), self.events.append)


def test_it_waits_until_all_it_asked_for_is_answered() -> None:
    bench = Bench(PortConfig(115200, 8))
    states = [bench.end.waiting]
    bench.end.started()
    assert bench.said == [b"\x01\0\x01\xc2\0", b"\x02\x08"]
    for payload in (b"\x65\0\x01\xc2\0", b"\x66\x08"):
        states.append(bench.end.waiting)
        bench.end.receive(payload)
    assert [*states, bench.end.waiting] == [True, True, True, False]
    assert bench.end.take_refused() == []
    assert bench.events == [PortEvent(PortCommand.BAUDRATE, 115200), PortEvent(PortCommand.DATASIZE, 8)]


def test_what_is_set_otherwise_is_kept_and_told() -> None:
    bench = Bench(PortConfig(115200))
    bench.end.started()
    bench.end.receive(b"\x65\0\0\x25\x80")
    assert bench.end.settings == {PortCommand.BAUDRATE: 9600}
    assert bench.end.take_refused() == ["BAUDRATE is 9600, not 115200"]
    assert bench.end.take_refused() == []


def test_a_question_takes_any_answer() -> None:
    bench = Bench()
    bench.end.started()
    bench.end.ask(PortCommand.BAUDRATE, 0)
    bench.end.ask(PortCommand.CONTROL, PortControl.ASK_DTR)
    bench.end.receive(b"\x65\0\0\x25\x80")
    bench.end.receive(b"\x69\x09")
    assert not bench.end.waiting
    assert bench.end.take_refused() == []
    assert bench.end.controls == {PortControl.ASK_DTR: PortControl.DTR_OFF}


def test_a_word_of_the_server_is_kept_though_nobody_asked() -> None:
    bench = Bench()
    bench.end.started()
    states = []
    for payload in (b"\x6a\x10", b"\x6b\xb0", b"\x64me"):
        assert bench.end.receive(payload) is None
    assert (bench.end.line_state, bench.end.modem_state) == (16, 0xB0)
    assert bench.end.signature == "me"
    for payload in (b"\x6c", b"\x6d"):
        assert bench.end.receive(payload) is None
        states.append(bench.end.suspended)
    assert states == [True, False]


def test_answers_nobody_waits_for_do_not_pile_up() -> None:
    bench = Bench()
    bench.end.started()
    for _ in range(100):
        bench.end.receive(b"\x65\0\0\x25\x80")
    assert bench.end.take_refused() == []


@pytest.mark.parametrize("payload", [b"", b"\x65", b"\x66\0\0", b"\x6cx"])
def test_nonsense_is_told(payload: bytes) -> None:
    assert "expected" in (Bench().end.receive(payload) or "")


@pytest.mark.parametrize("payload", [b"\x01\0\0\0\0", b"\x71", b"\xff", b"\x69\xff"])
def test_what_is_not_known_changes_nothing(payload: bytes) -> None:
    bench = Bench()
    bench.end.started()
    assert bench.end.receive(payload) is None
    assert bench.end.settings == {}
    assert bench.end.controls == {}
