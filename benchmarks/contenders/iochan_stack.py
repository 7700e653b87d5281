"""The stacks of iochan that its contenders use: a socket, and TLS on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import pki
from benchmarks.contenders.pyopenssl import context
from iochan.channels.adopt import socket_channel
from iochan.core.codeclayer import CodecLayer
from iochan.tls.engines.select import make_codec

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from benchmarks.job import Job
    from iochan.core.channel import Channel
    from iochan.core.op import Op


def protector(job: Job) -> Callable[[Channel], Channel]:
    """What puts TLS on a channel, with one context for all of them; its handshake is to be done."""
    made = context(job)
    name = None if job.server else pki.HOSTNAME

    def protect(channel: Channel) -> Channel:
        return CodecLayer(channel, make_codec(made, server=job.server, server_name=name), "tls")

    return protect


def upgrade(job: Job) -> Callable[[Channel], Op[Channel]]:
    """The same as an upgrade: the handshake is done at its end."""
    protect = protector(job)

    def upgrade_op(channel: Channel) -> Op[Channel]:
        tls = protect(channel)
        yield from tls.handshake_op(None)
        return tls

    return upgrade_op


def stack(sock: socket.socket, job: Job) -> Channel:
    """The stack of ``job`` on ``sock``; ``handshake`` is still to be called."""
    channel = socket_channel(sock)
    return protector(job)(channel) if job.tls else channel
