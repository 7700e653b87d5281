"""Opening addresses by text, for those below the place that knows all layers.

`iochan.stack` registers what does the work; nothing here imports it.
"""

from __future__ import annotations

from typing import Protocol

from iochan.core.channel import Channel
from iochan.core.listener import Listener
from iochan.core.op import Op, run
from iochan.core.registry import OPENERS, lookup

__all__ = ["CONNECT_SECONDS", "ObjectSource", "connect", "connect_op", "listen", "listen_op"]

CONNECT_SECONDS = 30.0
"""How long `connect` may take: names, connections and handshakes together."""


class ObjectSource(Protocol):
    """Where an address finds the objects that it names, such as ``tls.creds=tls0``."""

    def get(self, id: str, kind: type) -> object:  # noqa: A002 - what the objects themselves call it
        """Return the object *id*, which must be a *kind*."""


def connect(
    address: str, *, objects: ObjectSource | None = None, timeout: float | None = CONNECT_SECONDS
) -> Channel:
    """Open *address* and do the handshakes of its layers.

    Args:
        address: A stack as text, such as ``tls+tcp://host:port?tls.creds=tls0&tls.hostname=host``.
        objects: An `iochan.objects.ObjectStore` with the objects that *address* names.
        timeout: Seconds for all of it; None waits for ever.

    Raises:
        AddressError: The text is wrong, or names something unknown.
        ConnectError: Nobody could be reached.
        HandshakeError: A layer's handshake failed.
        PeerRejected: The peer is not who it must be.
        ChannelTimeout: *timeout* passed.
    """
    return run(connect_op(address, objects=objects, timeout=timeout))


def connect_op(
    address: str, *, objects: ObjectSource | None = None, timeout: float | None = CONNECT_SECONDS
) -> Op[Channel]:
    """The operation of `connect`."""
    op: Op[Channel] = lookup(OPENERS, "connect")(address, objects, timeout)
    return op


def listen(address: str, *, objects: ObjectSource | None = None) -> Listener:
    """Listen at *address*; what is accepted has the server side of its layers, handshakes to be done.

    Raises:
        AddressError: The text is wrong, or names something unknown.
        OSError: The address cannot be had.
    """
    return run(listen_op(address, objects=objects))


def listen_op(address: str, *, objects: ObjectSource | None = None) -> Op[Listener]:
    """The operation of `listen`."""
    op: Op[Listener] = lookup(OPENERS, "listen")(address, objects)
    return op
