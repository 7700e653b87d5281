"""Putting layers on a channel, by name: the core imports none of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from iochan.core.registry import ADOPTERS, LAYERS, known, lookup
from iochan.core.writing import HasFileno

if TYPE_CHECKING:
    from iochan.core.channel import Channel

__all__ = ["Stacking", "as_channel"]


def as_channel(thing: Stacking | HasFileno) -> Channel:
    """Return *thing* as a channel: itself, or one that owns its descriptor from now on.

    Raises:
        TypeError: It is none of these.
    """
    if isinstance(thing, Stacking):
        return cast("Channel", thing)
    if not isinstance(thing, int) and not hasattr(thing, "fileno"):
        message = f"{type(thing).__name__} is no channel, and has no descriptor to make one of"
        raise TypeError(message)
    for name in known(ADOPTERS):
        adopted: Channel | None = lookup(ADOPTERS, name)(thing)
        if adopted is not None:
            return adopted
    number = thing if isinstance(thing, int) else thing.fileno()
    os.fstat(number)  # an error that names a closed descriptor comes from here
    message = f"descriptor {number} is of a kind that no channel adopts"
    raise TypeError(message)


class Stacking:
    """What puts a layer on a channel.

    Called on the class, the first argument may be a socket, a descriptor or any object with
    ``fileno()``, which the new channel owns from then on.
    """

    __slots__ = ()

    def layer(self: Stacking | HasFileno, name: str, /, *args: object, **options: object) -> Channel:
        """Return the layer *name* on this channel; it owns the channel from now on.

        Args:
            name: A layer's name: built-in ones and those that installed packages register in the
                entry-point group ``iochan.layers``.
            args: What the layer takes.
            options: What the layer takes.
        """
        channel: Channel = lookup(LAYERS, name)(as_channel(self), *args, **options)
        return channel

    def tls_server(self: Stacking | HasFileno, creds: object, **options: object) -> Channel:
        """Return a TLS server on this channel; see `iochan.tls.layer.tls_server`."""
        return Stacking.layer(self, "tls-server", creds, **options)

    def tls_client(self: Stacking | HasFileno, creds: object, **options: object) -> Channel:
        """Return a TLS client on this channel; see `iochan.tls.layer.tls_client`."""
        return Stacking.layer(self, "tls-client", creds, **options)

    def websocket_server(self: Stacking | HasFileno, **options: object) -> Channel:
        """Return a WebSocket server on this channel; see `iochan.websocket.factory.websocket_server`."""
        return Stacking.layer(self, "ws-server", **options)

    def websocket_client(
        self: Stacking | HasFileno, host: str = "localhost", path: str = "/", **options: object
    ) -> Channel:
        """Return a WebSocket client on this channel; see `iochan.websocket.factory.websocket_client`."""
        return Stacking.layer(self, "ws-client", host, path, **options)

    def telnet_server(self: Stacking | HasFileno, **options: object) -> Channel:
        """Return a telnet server on this channel; see `iochan.telnet.ends.telnet_server`."""
        return Stacking.layer(self, "telnet-server", **options)

    def telnet_client(self: Stacking | HasFileno, **options: object) -> Channel:
        """Return a telnet client on this channel; see `iochan.telnet.ends.telnet_client`."""
        return Stacking.layer(self, "telnet-client", **options)

    def buffered(self: Stacking | HasFileno, **options: object) -> Channel:
        """Return this channel with read-ahead; see `iochan.layers.buffered.BufferedLayer`."""
        return Stacking.layer(self, "buffered", **options)
