from __future__ import annotations

import pytest

from iochan.telnet.comport import PortCommand, PortControl, Purge
from iochan.telnet.simport import SimulatedPort


def test_sensible_settings_are_kept() -> None:
    port = SimulatedPort()
    assert port.configure(PortCommand.BAUDRATE, 250_000) == 250_000
    assert port.configure(PortCommand.BAUDRATE, 0) == 250_000
    assert port.configure(PortCommand.DATASIZE, 5) == 5


@pytest.mark.parametrize(
    ("command", "value"),
    [
        (PortCommand.DATASIZE, 4),
        (PortCommand.DATASIZE, 9),
        (PortCommand.PARITY, 6),
        (PortCommand.STOPSIZE, 4),
    ],
)
def test_others_change_nothing(command: PortCommand, value: int) -> None:
    port = SimulatedPort()
    before = port.settings[command]
    assert port.configure(command, value) == before


@pytest.mark.parametrize("value", PortControl)
def test_each_control_is_in_force_once_it_is_set(value: PortControl) -> None:
    port = SimulatedPort()
    said = port.control(value)
    assert said.group is value.group
    assert said != value.group
    assert said is value or value is value.group
    assert port.control(value.group) is said


def test_purges_are_counted() -> None:
    port = SimulatedPort()
    port.purge(Purge.BOTH)
    assert port.purges == 1


@pytest.mark.parametrize(
    ("first", "last", "group"),
    [(0, 3, 0), (4, 6, 4), (7, 9, 7), (10, 12, 10), (13, 16, 13), (17, 17, 0), (18, 18, 13)],
)
def test_each_control_has_its_group(first: int, last: int, group: int) -> None:
    assert {PortControl(value).group for value in range(first, last + 1)} == {PortControl(group)}
