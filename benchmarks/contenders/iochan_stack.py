"""The stacks of iochan that its contenders use: a socket, TLS on it, a WebSocket on either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import pki
from iochan.channels.adopt import socket_channel
from iochan.tls.creds import Endpoint
from iochan.tls.facts import TLS_CIPHER
from iochan.tls.layer import tls_client, tls_server
from iochan.tls.x509 import X509Creds
from iochan.websocket.factory import websocket_client, websocket_server

if TYPE_CHECKING:
    import socket

    from benchmarks.job import Job
    from iochan.core.channel import Channel


def credentials(job: Job) -> X509Creds:
    """The credentials of this side of ``job``: only the client verifies."""
    if job.server:
        return X509Creds(job.path, Endpoint.SERVER, verify_peer=False)
    return X509Creds(job.path, Endpoint.CLIENT)


def stack(sock: socket.socket, job: Job) -> Channel:
    """The stack of ``job`` on ``sock``; ``handshake`` is still to be called."""
    channel: Channel = socket_channel(sock)
    if job.tls and job.server:
        channel = tls_server(channel, credentials(job))
    elif job.tls:
        channel = tls_client(channel, credentials(job), hostname=pki.HOSTNAME)
    if job.websocket:
        channel = websocket_server(channel) if job.server else websocket_client(channel)
    return channel


def check_suite(channel: Channel) -> None:
    """Refuse a TLS stack that did not get the suite under measurement."""
    suite = channel.extra(TLS_CIPHER, None)
    if suite is not None:
        pki.check_suite((suite, "", 0))
