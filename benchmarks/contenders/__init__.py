"""Who takes part: the table from a contender's name to its class and to what must be installed."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.contenders.base import Contender

PACKAGE = "benchmarks.contenders"


@dataclass(frozen=True)
class Entry:
    """Where a contender lives.

    Attributes:
        target: ``module:Class`` inside this package.
        modules: Python modules that it imports.
        program: a program that it runs; empty: none.
    """

    target: str
    modules: tuple[str, ...] = ()
    program: str = ""

    def missing(self) -> str:
        """What is not installed here; empty when the contender can run."""
        absent = [name for name in self.modules if importlib.util.find_spec(name) is None]
        if self.program and shutil.which(self.program) is None:
            absent.append(self.program)
        return ", ".join(absent)


TABLE = {
    "iochan": Entry("iochan_blocking:Iochan"),
    "iochan-pollloop": Entry("iochan_pollloop:IochanPollLoop"),
    "iochan-asyncio": Entry("iochan_awaited:IochanAsyncio"),
    "iochan-uvloop": Entry("iochan_awaited:IochanUvloop", modules=("uvloop",)),
    "iochan-relay": Entry("iochan_relay:IochanRelay"),
    "raw": Entry("sockets:Raw"),
    "sendmsg": Entry("sockets:SendMsg"),
    "send-fds": Entry("descriptors:SendFds"),
    "epoll": Entry("epoll:Epoll"),
    "ssl-socket": Entry("sockets:SslSocket"),
    "pyopenssl": Entry("pyopenssl:PyOpenSsl", modules=("OpenSSL",)),
    "asyncio-streams": Entry("asyncio_streams:AsyncioStreams"),
    "asyncio-protocol": Entry("asyncio_protocol:AsyncioProtocol"),
    "asyncio-bufproto": Entry("asyncio_protocol:AsyncioBufferedProtocol"),
    "uvloop-streams": Entry("asyncio_streams:UvloopStreams", modules=("uvloop",)),
    "uvloop-protocol": Entry("asyncio_protocol:UvloopProtocol", modules=("uvloop",)),
    "anyio": Entry("anyio_streams:AnyioStreams", modules=("anyio",)),
    "trio": Entry("trio_streams:TrioStreams", modules=("trio",)),
    "twisted": Entry("twisted_protocol:TwistedProtocol", modules=("twisted", "OpenSSL", "service_identity")),
    "websockets": Entry("websockets_peer:WebsocketsAsyncio", modules=("websockets",)),
    "websockets-sync": Entry("websockets_peer:WebsocketsSync", modules=("websockets",)),
    "websockets-uvloop": Entry("websockets_peer:WebsocketsUvloop", modules=("websockets", "uvloop")),
    "aiohttp": Entry("aiohttp_peer:AiohttpWebSocket", modules=("aiohttp",)),
    "picows": Entry("picows_peer:Picows", modules=("picows",)),
    "picows-uvloop": Entry("picows_peer:PicowsUvloop", modules=("picows", "uvloop")),
    "crowd": Entry("crowd:Crowd"),
    "asyncio-relay": Entry("relays:AsyncioRelay"),
    "socat": Entry("relays:Socat", program="socat"),
    "websockify": Entry("relays:Websockify", program="websockify"),
    "stunnel": Entry("relays:Stunnel", program="stunnel4"),
    "terminals": Entry("consoles:Terminals"),
    "typists": Entry("typists:Typists"),
    "watchers": Entry("typists:Watchers"),
    "iochan-consoles": Entry("consoles:IochanConsoles"),
    "iochan-console": Entry("consoles:IochanConsole"),
    "iochan-relay-pty": Entry("consoles:IochanPtyRelay"),
    "ser2net": Entry("consoles:Ser2net", program="ser2net"),
    "socat-pty": Entry("consoles:SocatPty", program="socat"),
}


def load(name: str) -> Contender:
    """Import the contender called ``name`` and make it."""
    module, _, class_name = TABLE[name].target.partition(":")
    contender: Contender = getattr(importlib.import_module(f"{PACKAGE}.{module}"), class_name)()
    return contender
