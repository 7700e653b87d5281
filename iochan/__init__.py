"""One channel for every byte stream; every protection a stacked layer.

The names here are those that programs use most.
Importing them loads neither a TLS library nor an event loop: `aio`, `Endpoint` and `X509Creds` are
loaded when they are first named.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from iochan.core.attribute import Attribute
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.codec import Codec
from iochan.core.codeclayer import CodecLayer
from iochan.core.condition import Condition, Shutdown
from iochan.core.errors import (
    AddressError,
    ChannelBrokenError,
    ChannelBusyError,
    ChannelClosedError,
    ChannelError,
    ChannelTimeout,
    ConnectError,
    CredsError,
    CryptoError,
    DescriptorError,
    HandshakeError,
    IochanError,
    LimitExceeded,
    LocalProtocolError,
    PeerRejected,
    ProtocolError,
    RemoteProtocolError,
    SecretError,
    ServedInstead,
    TruncatedError,
    UnexpectedEOF,
    UnsupportedFeature,
    WouldBlock,
)
from iochan.core.facts import EXIT_STATUS, LOCAL_ADDRESS, PEER_ADDRESS, PEER_GID, PEER_PID, PEER_UID
from iochan.core.fd import FdBox, OwnedFd
from iochan.core.feature import Feature, ReadFlag, WriteFlag
from iochan.core.layer import Layer
from iochan.core.leaf import Leaf
from iochan.core.listener import Listener
from iochan.core.op import Op, run, within
from iochan.core.opening import connect, connect_op, listen, listen_op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.core.upgrade import Upgrade
from iochan.core.watch import Watch, add_watch
from iochan.objects import ObjectStore

if TYPE_CHECKING:
    from iochan import aio
    from iochan.tls.creds import Endpoint
    from iochan.tls.x509 import X509Creds

__all__ = [
    "EXIT_STATUS",
    "LOCAL_ADDRESS",
    "PEER_ADDRESS",
    "PEER_GID",
    "PEER_PID",
    "PEER_UID",
    "AddressError",
    "Attribute",
    "Blocked",
    "Channel",
    "ChannelBrokenError",
    "ChannelBusyError",
    "ChannelClosedError",
    "ChannelError",
    "ChannelTimeout",
    "Codec",
    "CodecLayer",
    "Condition",
    "ConnectError",
    "CredsError",
    "CryptoError",
    "DescriptorError",
    "Endpoint",
    "FdBox",
    "Feature",
    "HandshakeError",
    "IochanError",
    "Layer",
    "Leaf",
    "LimitExceeded",
    "Listener",
    "LocalProtocolError",
    "ObjectStore",
    "Op",
    "OwnedFd",
    "PeerRejected",
    "PollLoop",
    "ProtocolError",
    "ReadFlag",
    "RemoteProtocolError",
    "SecretError",
    "ServedInstead",
    "Shutdown",
    "Task",
    "TruncatedError",
    "UnexpectedEOF",
    "UnsupportedFeature",
    "Upgrade",
    "Watch",
    "WouldBlock",
    "WriteFlag",
    "X509Creds",
    "add_watch",
    "aio",
    "connect",
    "connect_op",
    "listen",
    "listen_op",
    "run",
    "within",
]

_ON_DEMAND = {"Endpoint": "iochan.tls.creds", "X509Creds": "iochan.tls.x509"}


def __getattr__(name: str) -> object:
    if name == "aio":
        return importlib.import_module("iochan.aio")
    if name not in _ON_DEMAND:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(importlib.import_module(_ON_DEMAND[name]), name)
    globals()[name] = value
    return value
