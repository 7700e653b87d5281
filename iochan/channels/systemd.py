"""Listening sockets that systemd opened for this process (``sd_listen_fds(3)``)."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from typing import Final

from iochan.channels.errors import ListenError
from iochan.channels.listen import SocketListener

__all__ = ["FIRST_FD", "from_systemd"]

FIRST_FD: Final = 3
"""The first descriptor that is passed; the others follow it."""

_MAX_FDS: Final = 4096
_UNNAMED = "unknown"


def from_systemd(
    environ: MutableMapping[str, str] = os.environ, first_fd: int = FIRST_FD
) -> dict[str, SocketListener]:
    """Return the listeners that were passed, by name; sockets of one name share a listener.

    The variables are removed, so that no child takes them for its own, and the descriptors are
    close-on-exec from now on. No path is removed at their end: the sockets stay systemd's.

    Args:
        environ: Where ``LISTEN_PID``, ``LISTEN_FDS`` and ``LISTEN_FDNAMES`` are.
        first_fd: The first descriptor.

    Returns:
        Nothing if no sockets were passed, or they were passed to another process.

    Raises:
        ListenError: One of them is no listening stream socket; all are closed.
    """
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    count = _count(environ.pop("LISTEN_FDS", "0"))
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    del environ["LISTEN_PID"]
    groups: dict[str, list[socket.socket]] = {}
    problem: str | None = None
    for index in range(count):
        name = (names[index] if index < len(names) else "") or _UNNAMED
        try:
            groups.setdefault(name, []).append(_take(first_fd + index))
        except OSError as error:
            problem = problem or f"descriptor {first_fd + index} ({name}) was passed by systemd: {error}"
    if problem is not None:
        for sock in sum(groups.values(), []):
            sock.close()
        raise ListenError(problem)
    return {name: SocketListener(socks) for name, socks in groups.items()}


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_FDS:
        message = f"LISTEN_FDS is {text!r}: it must be a number of descriptors, at most {_MAX_FDS}"
        raise ListenError(message)
    return int(text)


def _take(number: int) -> socket.socket:
    os.set_inheritable(number, False)
    try:
        sock = socket.socket(fileno=number)
    except OSError as error:
        os.close(number)
        message = "it is no socket, pass sockets only"
        raise ListenError(message) from error
    if sock.type != socket.SOCK_STREAM or not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        sock.close()
        message = "it is no listening stream socket, set ListenStream= and Accept=no"
        raise ListenError(message)
    return sock
