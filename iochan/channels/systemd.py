"""Listening sockets that systemd opened for this process (``sd_listen_fds(3)``)."""

from __future__ import annotations

import os
import socket
from typing import Final

from iochan.channels.errors import ListenError

__all__ = ["FIRST_FD", "claim_passed", "take_passed"]

FIRST_FD: Final = 3
"""The first descriptor that is passed; the others follow it."""

_MAX_FDS: Final = 4096
_UNNAMED: Final = "unknown"

_passed: list[tuple[str, int]] = []


def claim_passed(first_fd: int = FIRST_FD) -> None:
    """Note which descriptors were passed to this process.

    They are close-on-exec from now on, and the variables are gone: no child takes them for its own.

    Raises:
        ListenError: ``LISTEN_FDS`` is no number of descriptors.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return
    count = os.environ.pop("LISTEN_FDS", "0")
    names = os.environ.pop("LISTEN_FDNAMES", "").split(":")
    del os.environ["LISTEN_PID"]
    if not count.isdecimal() or int(count) > _MAX_FDS:
        message = f"LISTEN_FDS is {count[:64]!r}: it must be a number of descriptors, at most {_MAX_FDS}"
        raise ListenError(message)
    for index in range(int(count)):
        name = names[index] if index < len(names) else ""
        os.set_inheritable(first_fd + index, False)
        _passed.append((name or _UNNAMED, first_fd + index))


def take_passed(name: str = "") -> list[socket.socket]:
    """Return the sockets of *name*, or all that nobody took yet; the caller owns them.

    Raises:
        ListenError: There are none, or one is no listening stream socket: all of them are closed.
    """
    claim_passed()
    taken = [(called, fd) for called, fd in _passed if name in {"", called}]
    if not taken:
        known = ", ".join(sorted({called for called, _ in _passed})) or "none"
        message = (
            f"systemd passed no socket {name!r}".replace(" ''", "")
            + f", left are: {known}: see the .socket unit"
        )
        raise ListenError(message)
    for entry in taken:
        _passed.remove(entry)
    socks: list[socket.socket] = []
    bad: list[str] = []
    for called, fd in taken:
        sock = _listening(fd)
        if sock is None:
            bad.append(f"{fd} ({called})")
        else:
            socks.append(sock)
    if bad:
        for sock in socks:
            sock.close()
        message = (
            f"systemd passed descriptors that are no listening stream sockets: {', '.join(bad)}: "
            "set ListenStream= and Accept=no"
        )
        raise ListenError(message)
    return socks


def _listening(fd: int) -> socket.socket | None:
    """Return *fd* as a listening stream socket; if it is none, close it."""
    try:
        sock = socket.socket(fileno=fd)
    except OSError:
        os.close(fd)
        return None
    if sock.type != socket.SOCK_STREAM or not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        sock.close()
        return None
    return sock
