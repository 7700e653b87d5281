from __future__ import annotations

import subprocess
import sys

from cffi import FFI

from iochan_ext.secretmemory import _wipe, secret_memory

KEPT_TO_THE_END = """
from iochan.core.registry import lookup
from iochan.crypto.errors import BackendMissing
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm
kept = []
for name in ("nettle", "libgcrypt"):
    try:
        backend = lookup("iochan.crypto_backends", name)()
    except BackendMissing:
        continue
    kept += [backend.cipher(CipherAlgorithm.AES_128, CipherMode.GCM, bytes(16))]
    kept += [backend.hmac(HashAlgorithm.SHA256, b"key"), backend.cmac(CipherAlgorithm.AES_128, bytes(16))]
"""


def test_it_begins_with_zeros_and_has_the_size_asked_for() -> None:
    memory = secret_memory(5)
    assert bytes(FFI().buffer(memory, 5)) == bytes(5)


def test_wiping_leaves_nothing_but_zeros() -> None:
    ffi = FFI()
    memory = ffi.new("uint8_t[]", list(b"secret"))
    _wipe(memory)
    assert bytes(ffi.buffer(memory)) == bytes(6)


def test_contexts_may_live_until_the_interpreter_ends() -> None:
    command = [sys.executable, "-W", "error", "-c", KEPT_TO_THE_END]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert (done.stdout, done.stderr) == ("", "")
