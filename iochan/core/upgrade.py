"""How an application gets a protected channel without knowing what protects it."""

from __future__ import annotations

from collections.abc import Callable

from iochan.core.channel import Channel
from iochan.core.op import Op

__all__ = ["Upgrade", "closing_on_error"]

Upgrade = Callable[[Channel], Op[Channel]]
"""Wraps a channel and does the handshake: what STARTTLS and its kin call when their time has come."""


def closing_on_error(channel: Channel, op: Op[Channel]) -> Op[Channel]:
    """Run *op*, which makes a channel on *channel*; if it fails or is cancelled, close *channel*."""
    try:
        return (yield from op)
    except BaseException:
        channel.abort()
        raise
