"""From the options of each kind of chardev to where its device is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from iochan.address import FileAddress, InetAddress, PtyAddress, RingAddress, SerialAddress, UnixAddress
from iochan.address.abstract import AbstractAddress
from iochan.address.fd import FdAddress
from iochan.address.scheme import Address
from iochan.address.stack import LayerSpec, Stack
from iochan.chardev.backend import ChardevBackend
from iochan.chardev.device import Reconnect
from iochan.chardev.hub import HubOptions
from iochan.core.errors import AddressError, show_text

__all__ = [
    "build_address",
    "build_file",
    "build_null",
    "build_pipe",
    "build_pty",
    "build_ringbuf",
    "build_serial",
    "build_socket",
    "build_stdio",
]

_MAX_RING = 1 << 30
_AGAIN = HubOptions(reconnect=Reconnect())


def build_address(*, address: str) -> ChardevBackend:
    """Any stack, opened again for ever."""
    return ChardevBackend("address", address, options=_AGAIN)


def build_file(*, path: str, input_path: str | None, append: bool) -> ChardevBackend:
    """A file that is written, and perhaps another one that is read."""
    target = str(Stack((), FileAddress(path, mode="a" if append else "w")))
    source = "" if input_path is None else str(Stack((), FileAddress(input_path)))
    return ChardevBackend("file", target, source=source, options=HubOptions(mute=not source))


def build_null() -> ChardevBackend:
    """Nothing comes, and what is written is gone."""
    return ChardevBackend("null", "null:", options=HubOptions(mute=True))


def build_pipe(*, path: str) -> ChardevBackend:
    """The FIFOs ``PATH.in``, which the device reads, and ``PATH.out``, which it writes (QEMU's names)."""
    for name in (f"{path}.in", f"{path}.out"):
        if not Path(name).is_fifo():
            message = f"pipe: {show_text(name)} is no FIFO: make it with mkfifo"
            raise AddressError(message)
    return ChardevBackend("pipe", _both_ways(f"{path}.in"), source=_both_ways(f"{path}.out"))


def _both_ways(path: str) -> str:
    """Return the address of a FIFO that has no end: who opens it for both ways holds its other end, too."""
    return str(Stack((), FileAddress(path, mode="rw")))


def build_pty(*, path: str | None, command: str | None) -> ChardevBackend:
    """A terminal for whoever opens it, or with a program on it."""
    try:
        words = tuple(shlex.split(command or ""))
    except ValueError as error:
        message = (
            f"pty: command {show_text(command or '')} cannot be split: {str(error).lower()}: close its quotes"
        )
        raise AddressError(message) from None
    if command is not None and not words:
        message = "pty: an empty command: name a program, or leave command out"
        raise AddressError(message)
    return ChardevBackend("pty", str(Stack((), PtyAddress(path or "", command=words))))


def build_ringbuf(*, size: int) -> ChardevBackend:
    """A ring: everyone sees what anyone writes, and who comes later gets the last *size* bytes of it."""
    if not 1 <= size <= _MAX_RING:
        message = f"chardev ringbuf: size={size}: write a number from 1 to {_MAX_RING}"
        raise AddressError(message)
    return ChardevBackend(
        "ringbuf", str(Stack((), RingAddress(size=size))), options=HubOptions(scrollback=size)
    )


def build_serial(**line: Any) -> ChardevBackend:  # noqa: ANN401 - the fields of SerialAddress
    """A serial port, or a terminal that is there, opened again for ever."""
    return ChardevBackend("serial", str(Stack((), SerialAddress(**line))), options=_AGAIN)


def build_stdio() -> ChardevBackend:
    """This process's standard input and output."""
    return ChardevBackend("stdio", "stdio:")


def build_socket(
    *,
    server: bool,
    wait: bool | None,
    telnet: bool,
    websocket: bool,
    tls_creds: str | None,
    tls_authz: str | None,
    tls_hostname: str | None,
    **where: Any,  # noqa: ANN401 - the options of the base
) -> ChardevBackend:
    """A socket with layers, in QEMU's order: TCP, TLS, WebSocket, telnet."""
    if wait is not None and not server:
        _refuse("wait is for a server: leave it out, or add server=on")
    base = _socket_base(server=server, **where)
    layers: list[LayerSpec] = []
    if telnet:
        layers.append(LayerSpec("telnet"))
    if websocket:
        layers.append(LayerSpec("ws"))
    if tls_creds is not None:
        options = {"creds": tls_creds, "authz": tls_authz, "hostname": tls_hostname}
        if not server and tls_hostname is None and isinstance(base, InetAddress):
            options["hostname"] = base.host
        layers.append(
            LayerSpec("tls", tuple((name, text) for name, text in options.items() if text is not None))
        )
    elif tls_authz is not None or tls_hostname is not None:
        _refuse("tls-authz and tls-hostname need tls-creds: add it")
    if tls_authz is not None and not server:
        _refuse("tls-authz is for a server: leave it out, or add server=on")
    return ChardevBackend("socket", str(Stack(tuple(layers), base)), accepts=server)


def _socket_base(
    *,
    server: bool,
    host: str | None,
    port: str | None,
    path: str | None,
    fd: int | None,
    abstract: bool,
    to: int | None,
    ipv4: bool | None,
    ipv6: bool | None,
    nodelay: bool | None,
    delay: bool | None,
) -> Address:
    if sum((port is not None, path is not None, fd is not None)) != 1:
        _refuse("where it is has to be said once: write host=…,port=…, or path=…, or fd=…")
    if nodelay is not None and delay is not None:
        _refuse("both delay and nodelay: leave one")
    if fd is not None:
        return FdAddress(fd)
    if path is not None:
        return AbstractAddress(path) if abstract else UnixAddress(path)
    if host is None and not server:
        _refuse("no host: a client needs one")
    text = port or ""
    number: int | str = int(text) if text.isascii() and text.isdigit() else text
    plain = nodelay if delay is None else not delay
    return InetAddress(host or "", number, to=to, ipv4=ipv4, ipv6=ipv6, nodelay=plain)


def _refuse(text: str) -> None:
    message = f"chardev socket: {text}"
    raise AddressError(message)
