"""RFC 2217: any payload is an answer, or a word on what is wrong with it; what is owed stays bounded.

The first byte of the input says which end takes the rest; each payload begins with a byte of its length.
"""

from __future__ import annotations

from iochan.telnet.comportclient import ComPortClient
from iochan.telnet.comportend import ComPortEnd
from iochan.telnet.comportserver import ComPortServer
from iochan.telnet.event import PortEvent
from iochan.telnet.portconfig import PortConfig
from iochan.telnet.simport import SimulatedPort

MAX_KEYS = 40
"""Each command once, and each control."""

MAX_PAYLOAD = 256


def payloads(data: bytes) -> list[bytes]:
    """Return the payloads that *data* is made of."""
    found = []
    while data:
        found.append(data[1 : 1 + data[0]])
        data = data[1 + data[0] :]
    return found


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    owed: dict[bytes, bytes] = {}
    events: list[PortEvent] = []
    end: ComPortEnd
    if data[:1] < b"\x80":
        end = ComPortServer(SimulatedPort())
    else:
        end = ComPortClient(PortConfig.from_text("115200/8N1/rtscts"))
    end.attach(owed.__setitem__, events.append)
    end.started()
    for payload in payloads(data[1:]):
        events.clear()
        fault = end.receive(payload)
        assert fault is None or fault.isprintable()
        assert len(events) <= 1
        assert not (fault and events)
    assert len(owed) <= MAX_KEYS
    assert all(len(payload) <= MAX_PAYLOAD for payload in owed.values())
