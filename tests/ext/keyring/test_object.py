from __future__ import annotations

import ctypes
import errno
import os
import platform
import time
from collections.abc import Iterator

import pytest

from iochan.core.errors import SecretError
from iochan.objects import ObjectStore
from iochan.secret import secret_bytes
from iochan_ext.keyring import kernel

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the system calls here are those of x86_64"
)

_ADD_KEY, _PROCESS_KEYRING = 248, -2
_REVOKE, _UNLINK, _SETPERM, _TIMEOUT = 3, 9, 5, 15


def call(number: int, *arguments: object) -> int:
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    result: int = syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def keyctl(operation: int, key: int, argument: int = 0) -> None:
    call(250, ctypes.c_long(operation), ctypes.c_int32(key), ctypes.c_long(argument))


@pytest.fixture
def key() -> Iterator[int]:
    """Add a key to this process's keyring."""
    try:
        serial = call(
            _ADD_KEY,
            ctypes.c_char_p(b"user"),
            ctypes.c_char_p(b"iochan test"),
            ctypes.c_char_p(b"in the kernel"),
            ctypes.c_size_t(13),
            ctypes.c_int32(_PROCESS_KEYRING),
        )
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EPERM}:
            pytest.skip(f"this kernel lets nobody add a key: {error.strerror}")
        raise
    yield serial
    try:
        keyctl(_UNLINK, serial, _PROCESS_KEYRING)
    except OSError:
        return


@pytest.mark.parametrize("name", ["secret-keyring", "secret_keyring"])
def test_good(key: int, name: str) -> None:
    objects = ObjectStore()
    objects.add(f"{name},id=sec0,serial={key}")
    assert secret_bytes(objects, "sec0") == b"in the kernel"


def test_revoked(key: int) -> None:
    keyctl(_REVOKE, key)
    with pytest.raises(SecretError, match="it was revoked"):
        kernel.read_key(key)


@pytest.mark.slow
def test_expired(key: int) -> None:
    keyctl(_TIMEOUT, key, 1)
    # The kernel counts whole seconds, and nothing tells of the end but the key itself.
    end = time.monotonic() + 10
    told = ""
    while not told and time.monotonic() < end:
        try:
            kernel.read_key(key)
        except SecretError as error:
            told = str(error)
    assert "it has expired" in told


def test_bad_access_right(key: int) -> None:
    keyctl(_SETPERM, key, 0)
    with pytest.raises(SecretError, match="may not read it"):
        kernel.read_key(key)


def test_bad_serial() -> None:
    with pytest.raises(SecretError, match=r"key 2147483647 of .* cannot be read: there is none"):
        ObjectStore().add("secret-keyring,id=sec0,serial=2147483647")
    with pytest.raises(SecretError, match="serial 0 is no key"):
        ObjectStore().add("secret-keyring,id=sec0,serial=0")


def test_a_system_without_keyrings_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_NUMBERS", {})
    with pytest.raises(SecretError, match="no keyrings on"):
        kernel.read_key(1)
