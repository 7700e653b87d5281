"""``keyctl(2)``, as far as reading a key goes."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from typing import Final

from iochan.core.errors import SecretError
from iochan.secret import MAX_SECRET, Secret

__all__ = ["read_key"]

_KEYCTL_READ: Final = 11
_NUMBERS: Final = {
    "aarch64": 219,
    "armv7l": 311,
    "i686": 288,
    "ppc64le": 271,
    "riscv64": 219,
    "s390x": 280,
    "x86_64": 250,
}
"""The number of the system call by machine: the C library has no function for it."""

_CURES: Final = {
    errno.ENOKEY: "there is none, or it was not found: see `keyctl show`",
    errno.EKEYEXPIRED: "it has expired: add it again",
    errno.EKEYREVOKED: "it was revoked: add another",
    errno.EACCES: "this process may not read it: set its permissions with `keyctl setperm`",
    errno.EOPNOTSUPP: "its type has no value that could be read: add it as a user key",
}


def read_key(serial: int) -> Secret:
    """Return the payload of the key *serial*.

    Raises:
        SecretError: There is none, it expired or was revoked, this process may not read it, or the system has
            no keyrings.
    """
    number = _NUMBERS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        system = f"{sys.platform} {platform.machine()}"
        message = f"key {serial}: no keyrings on {system}: give the secret as a file"
        raise SecretError(message)
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    room = ctypes.create_string_buffer(MAX_SECRET)
    try:
        size = syscall(
            ctypes.c_long(number),
            ctypes.c_long(_KEYCTL_READ),
            ctypes.c_int32(serial),
            room,
            ctypes.c_size_t(MAX_SECRET),
        )
        if size < 0:
            code = ctypes.get_errno()
            cure = _CURES.get(code, os.strerror(code).lower())
            message = f"key {serial} of the kernel's keyring cannot be read: {cure}"
            raise SecretError(message)
        if size > MAX_SECRET:
            message = f"key {serial} has {size} bytes: a secret has at most {MAX_SECRET}"
            raise SecretError(message)
        return Secret(memoryview(room)[:size].cast("B"))
    finally:
        ctypes.memset(room, 0, MAX_SECRET)
