"""What a console's device is, and how it behaves: a chardev's option text as a value."""

from __future__ import annotations

from dataclasses import dataclass, field

from iochan.chardev.device import Dial
from iochan.chardev.hub import HubOptions
from iochan.chardev.records import Records
from iochan.core.channel import HANDSHAKE_SECONDS, Channel
from iochan.core.listener import Listener
from iochan.core.op import Op
from iochan.core.opening import CONNECT_SECONDS, ObjectSource, connect_op
from iochan.core.upgrade import closing_on_error
from iochan.layers.duplex import DuplexChannel

__all__ = ["ChardevBackend", "accept_dial", "connect_dial"]


@dataclass(frozen=True, slots=True)
class ChardevBackend:
    """A device.

    Attributes:
        kind: What kind of chardev it is.
        address: Where it is, or where it comes to.
        accepts: Whether it comes to us: we listen at *address*, for one device at a time.
        source: Where its output is read, if that is another place than *address*.
        options: How its console behaves, when it is opened again included.
        records: What is kept of it.
    """

    kind: str
    address: str
    accepts: bool = False
    source: str = ""
    options: HubOptions = field(default_factory=HubOptions)
    records: Records = field(default_factory=Records)


def connect_dial(backend: ChardevBackend, objects: ObjectSource | None = None) -> Dial:
    """Return what opens *backend*, which does not accept.

    Raises:
        AddressError: Its address is wrong, or names an object that is not there.
    """

    def dial() -> Op[Channel]:
        if not backend.source:
            return connect_op(backend.address, objects=objects, timeout=CONNECT_SECONDS)
        return _open_two_op(backend, objects)

    dial().close()  # what is wrong in an address is told now
    return dial


def accept_dial(listener: Listener) -> Dial:
    """Return what waits for the device to come to *listener*, which stays the caller's."""

    def dial() -> Op[Channel]:
        channel = yield from listener.accept_op()
        return (yield from closing_on_error(channel, _shake_hands_op(channel)))

    return dial


def _shake_hands_op(channel: Channel) -> Op[Channel]:
    yield from channel.handshake_op(HANDSHAKE_SECONDS)
    return channel


def _open_two_op(backend: ChardevBackend, objects: ObjectSource | None) -> Op[Channel]:
    reader = yield from connect_op(backend.source, objects=objects, timeout=CONNECT_SECONDS)
    try:
        writer = yield from connect_op(backend.address, objects=objects, timeout=CONNECT_SECONDS)
    except BaseException:
        reader.abort()
        raise
    return DuplexChannel(reader, writer)
