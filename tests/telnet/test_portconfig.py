from __future__ import annotations

import pytest

from iochan.core.errors import AddressError
from iochan.telnet.comport import PortCommand, PortControl, PortParity, StopSize
from iochan.telnet.portconfig import PortConfig


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("9600", PortConfig(9600)),
        ("115200/8N1", PortConfig(115200, 8, PortParity.NONE, StopSize.ONE)),
        ("300/5M1.5", PortConfig(300, 5, PortParity.MARK, StopSize.ONE_AND_HALF)),
        ("9600/7E2/xonxoff", PortConfig(9600, 7, PortParity.EVEN, StopSize.TWO, PortControl.FLOW_XON_XOFF)),
        ("9600/rtscts", PortConfig(9600, flow=PortControl.FLOW_HARDWARE)),
    ],
)
def test_text_is_read(text: str, config: PortConfig) -> None:
    assert PortConfig.from_text(text) == config


@pytest.mark.parametrize("text", ["", "0", "fast", "9600/9N1", "9600/8N", "9600/8N1/", "-1", "9600 ", "٩٦٠٠"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError, match="write it as"):
        PortConfig.from_text(text)


@pytest.mark.parametrize("fields", [{"baudrate": 0}, {"baudrate": 2**32}, {"datasize": 9}])
def test_what_the_wire_cannot_say_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(AddressError, match="from 1 to"):
        PortConfig(**fields)  # type: ignore[arg-type] # a part of the fields


def test_text_is_held_to_what_the_wire_can_say() -> None:
    with pytest.raises(AddressError, match="from 1 to"):
        PortConfig.from_text("9999999999")


def test_only_what_is_said_is_wished_for() -> None:
    assert PortConfig().wishes() == {}
    assert PortConfig(9600, flow=PortControl.FLOW_NONE).wishes() == {
        PortCommand.BAUDRATE: 9600,
        PortCommand.CONTROL: 1,
    }
