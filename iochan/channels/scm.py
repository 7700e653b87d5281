"""Descriptors in control messages (``SCM_RIGHTS``, ``unix(7)``)."""

from __future__ import annotations

import os
import socket
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Final

from iochan.core.errors import DescriptorError
from iochan.core.fd import MAX_FDS

__all__ = ["CONTROL_SIZE", "claim", "close_all", "rights", "set_to_block"]

_INT_SIZE = array("i").itemsize
_CREDENTIALS_SIZE = 3 * _INT_SIZE

# Plain integers: the socket module's own flags are enums, whose arithmetic costs more than the rest.
_LEVEL: Final = int(socket.SOL_SOCKET)
_RIGHTS: Final = int(socket.SCM_RIGHTS)
_CTRUNC: Final = int(socket.MSG_CTRUNC)

CONTROL_SIZE: Final = socket.CMSG_SPACE(MAX_FDS * _INT_SIZE) + socket.CMSG_SPACE(_CREDENTIALS_SIZE)
"""Room for all descriptors of a message, and for the credentials that ``SO_PASSCRED`` adds."""


def rights(fds: Sequence[int]) -> list[tuple[int, int, array[int]]]:
    """Return the control message that carries *fds*."""
    return [(_LEVEL, _RIGHTS, array("i", fds))]


def claim(ancillary: Iterable[tuple[int, int, Any]], msg_flags: int, name: str) -> list[int]:
    """Return the descriptors that came; the caller owns them.

    Args:
        ancillary: What came with the bytes; several messages are concatenated.
        msg_flags: The flags that ``recvmsg`` returned.
        name: What to call the channel.

    Raises:
        DescriptorError: Some did not make it; those that came are closed.
    """
    coming: list[int] = []
    for level, kind, data in ancillary:
        if level == _LEVEL and kind == _RIGHTS:
            coming += array("i", data[: len(data) - len(data) % _INT_SIZE])
    if msg_flags & _CTRUNC:
        close_all(coming)
        message = (
            f"descriptors passed on {name} were lost on their way, the {len(coming)} that came are closed: "
            "raise this process's limit of open files"
        )
        raise DescriptorError(message)
    return coming


def set_to_block(fds: Sequence[int], name: str) -> None:
    """Set all of *fds* to block.

    The mode belongs to the open file, which the sender shares: QEMU resets it likewise, since
    programs that are handed a descriptor expect one that blocks.

    Raises:
        DescriptorError: One cannot be set; all are closed.
    """
    try:
        for fd in fds:
            if not os.get_blocking(fd):
                os.set_blocking(fd, True)
    except OSError as error:
        close_all(fds)
        message = f"a descriptor passed on {name} cannot be set to block, all that came are closed: {error}"
        raise DescriptorError(message) from error


def close_all(fds: Iterable[int]) -> None:
    """Close descriptors that nobody gets."""
    for fd in fds:
        os.close(fd)
