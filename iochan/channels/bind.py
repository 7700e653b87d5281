"""Binding and listening at every address of a host, on one port of a range."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Sequence
from typing import Final

from iochan.channels.errors import ListenError
from iochan.channels.sockaddr import Target
from iochan.channels.sockopt import SocketOptions

__all__ = ["listen_all", "listen_at"]

_ANY_PORT_TRIES: Final = 8


def listen_at(target: Target, backlog: int, options: SocketOptions) -> socket.socket:
    """Return a socket that listens at *target*, which is no TCP address.

    Raises:
        ListenError: It cannot.
    """
    try:
        sock = socket.socket(target.family, socket.SOCK_STREAM)
        try:
            options.apply(sock)
            sock.bind(target.sockaddr)
            sock.listen(backlog)
        except BaseException:
            sock.close()
            raise
    except OSError as error:
        raise _refused(target.text, error) from error
    return sock


def listen_all(
    targets: Sequence[Target], last_port: int | None, backlog: int, options: SocketOptions, *, v6_only: bool
) -> list[socket.socket]:
    """Return sockets that listen at all of *targets* on one port, or at as many as there can be.

    Args:
        targets: Addresses of one host, all with the same port; 0 lets the system choose one.
        last_port: The end of a range of ports: the first that is free everywhere is taken, and if
            there is none, the first that is free anywhere.
        backlog: As ``listen(2)``.
        options: What to set; accepted connections inherit it.
        v6_only: Refuse IPv4 on IPv6 sockets. Otherwise they take it too, unless another has it.

    Raises:
        ListenError: Not one of the addresses can be had; the first error is reported.
    """
    # IPv4 first: an IPv6 socket that takes both would have the port for itself.
    ordered = sorted(targets, key=lambda target: target.family != socket.AF_INET)
    first = int(ordered[0].sockaddr[1])
    bind = _Bind(ordered, backlog, options, v6_only=v6_only)
    partial: int | None = None
    for port in _candidates(first, last_port):
        socks, in_use = bind.at(port)
        if socks and not in_use:
            return socks
        if socks and partial is None:
            partial = port
        for sock in socks:
            sock.close()
    socks = [] if partial is None else bind.at(partial)[0]
    if not socks:
        text = ordered[0].text if last_port is None else f"{ordered[0].text} to {last_port}"
        error = bind.first_error or OSError(errno.EINVAL, "an empty range of ports")
        raise _refused(text, error) from error
    return socks


def _candidates(first: int, last: int | None) -> Iterable[int]:
    if first == 0:
        return (0,) * _ANY_PORT_TRIES
    return range(first, (first if last is None else last) + 1)


class _Bind:
    """Tries to listen at several addresses, on one port after the other."""

    __slots__ = ("_backlog", "_options", "_targets", "_v6_only", "first_error")

    def __init__(
        self, targets: Sequence[Target], backlog: int, options: SocketOptions, *, v6_only: bool
    ) -> None:
        self._targets = targets
        self._backlog = backlog
        self._options = options
        self._v6_only = v6_only
        self.first_error: OSError | None = None

    def at(self, port: int) -> tuple[list[socket.socket], bool]:
        """Return what could be had on *port*, and whether some of it is in use by others."""
        socks: list[socket.socket] = []
        in_use = False
        for target in self._targets:
            try:
                sock = self._dual(target, port)
            except OSError as error:
                in_use = in_use or error.errno == errno.EADDRINUSE
                self.first_error = self.first_error or error
                continue
            socks.append(sock)
            # The port that the system chose for the first is asked for by the others.
            port = sock.getsockname()[1]
        return socks, in_use

    def _dual(self, target: Target, port: int) -> socket.socket:
        if target.family != socket.AF_INET6 or self._v6_only:
            return self._one(target, port, v6_only=self._v6_only)
        try:
            return self._one(target, port, v6_only=False)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        return self._one(target, port, v6_only=True)

    def _one(self, target: Target, port: int, *, v6_only: bool) -> socket.socket:
        sock = socket.socket(target.family, socket.SOCK_STREAM, target.protocol)
        try:
            if target.family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
            # Listeners only: it lets them have a port whose old connections linger (QEMU).
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._options.apply(sock)
            sock.bind((target.sockaddr[0], port, *target.sockaddr[2:]))
            # With SO_REUSEADDR, two may bind the port; the second to listen learns it only here.
            sock.listen(self._backlog)
        except BaseException:
            sock.close()
            raise
        return sock


def _refused(text: str, error: OSError) -> ListenError:
    reason = (error.strerror or str(error)).lower()
    advice = {
        errno.EADDRINUSE: "stop the program that uses it, or choose another port",
        errno.EACCES: "ports below 1024 need a privilege, choose a higher one",
        errno.EADDRNOTAVAIL: "this machine does not have the address",
    }.get(error.errno or 0, "check the address")
    return ListenError(f"cannot listen at {text}: {reason}: {advice}", error.errno)
