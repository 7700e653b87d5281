"""The cryptography of iochan beside its backends called directly: ``python -m benchmarks.crypto``.

Each line is a ratio of medians, interleaved in one process: below 1.0 the facade is slower than what it is
compared with.
"""

from __future__ import annotations

import hashlib
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as Theirs
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from benchmarks import machine
from benchmarks.compare import Work, compare
from iochan.crypto import Cipher, Hash, cipher_supports, hash_bytes, pbkdf2

KEY, IV, XTS_KEY = bytes(range(32)), bytes(range(16)), bytes(range(64))
LARGE = 1 << 20


def direct(mode: modes.CBC | modes.CTR, key: bytes, size: int) -> Work:
    """Return one call of cryptography's kept context into a buffer of its own."""
    context = Theirs(algorithms.AES(key), mode).encryptor()
    data, room = bytes(size), bytearray(size + 16)
    return lambda: context.update_into(data, room)


def fresh(mode: type[modes.XTS | modes.GCM], key: bytes, size: int) -> Work:
    """Return one message of cryptography with a context of its own, as XTS and GCM need it."""
    data, room = bytes(size), bytearray(size)
    return lambda: Theirs(algorithms.AES(key), mode(IV)).encryptor().update_into(data, room)


def chained(mode: str, size: int) -> Work:
    """Return one call of ours into a buffer of its own."""
    cipher = Cipher("aes-256", mode, KEY, size=size)
    data, room = bytes(size), bytearray(size)
    return lambda: cipher.encrypt_into(data, room)


def message(mode: str, key: bytes, size: int) -> Work:
    """Return one message of ours with a vector of its own."""
    cipher = Cipher("aes-256", mode, key, size=size)
    data, room = bytes(size), bytearray(size)

    def work() -> None:
        cipher.set_iv(IV)
        cipher.encrypt_into(data, room)

    return work


def sectors() -> tuple[Work, Work]:
    """Return 128 sectors of 512 bytes by one call of ours, and by a new context of cryptography for each."""
    count, data = 128, bytearray(128 * 512)
    cipher = Cipher("aes-256", "xts", XTS_KEY, size=512)
    vectors = IV * count
    view, algorithm = memoryview(data), algorithms.AES(XTS_KEY)

    def theirs() -> None:
        for start in range(0, len(data), 512):
            piece = view[start : start + 512]
            Theirs(algorithm, modes.XTS(IV)).encryptor().update_into(piece, piece)

    return lambda: cipher.encrypt_sectors_into(data, data, vectors, 512), theirs


def derive(iterations: int) -> Work:
    """Return PBKDF2 by cryptography itself."""
    return lambda: PBKDF2HMAC(hashes.SHA256(), 32, IV, iterations).derive(b"password")


def streamed() -> Work:
    """Return a mebibyte hashed in pieces of 64 KiB."""
    piece = bytes(65536)

    def work() -> bytes:
        context = Hash("sha256")
        for _ in range(LARGE // len(piece)):
            context.update(piece)
        return context.digest()

    return work


def main() -> None:
    """Print all lines; with ``--strict`` the exit status is 1 unless each aim was met."""
    for name, value in machine.describe().items():
        print(f"{name:<24} {value}")
    large, small, page = bytes(LARGE), bytes(64), 4096
    met = [
        compare("AES-256-CBC 1 MiB", chained("cbc", LARGE), direct(modes.CBC(IV), KEY, LARGE), 0.95),
        compare("AES-256-CTR 1 MiB", chained("ctr", LARGE), direct(modes.CTR(IV), KEY, LARGE), 0.95),
        compare("AES-256-XTS 1 MiB", message("xts", XTS_KEY, LARGE), fresh(modes.XTS, XTS_KEY, LARGE), 0.95),
        compare("AES-256-GCM 1 MiB", message("gcm", KEY, LARGE), fresh(modes.GCM, KEY, LARGE), 0.95),
        compare("AES-256-CBC 4 KiB", chained("cbc", page), direct(modes.CBC(IV), KEY, page), 0.90),
        compare("AES-256-CTR 64 B", chained("ctr", 64), direct(modes.CTR(IV), KEY, 64), 0.67),
        compare("AES-256-XTS 128 sectors of 512 B", *sectors(), 3.0),
    ]
    for algorithm in ("sha1", "sha256"):
        one = getattr(hashlib, algorithm)
        met += [
            compare(
                f"{algorithm} 1 MiB",
                lambda name=algorithm: hash_bytes(name, large),  # type: ignore[misc]
                lambda make=one: make(large).digest(),  # type: ignore[misc]
                0.95,
            ),
            compare(
                f"{algorithm} 64 B",
                lambda name=algorithm: hash_bytes(name, small),  # type: ignore[misc]
                lambda make=one: make(small).digest(),  # type: ignore[misc]
                0.67,
            ),
        ]
    met += [
        compare("sha256 1 MiB in pieces", streamed(), lambda: hashlib.sha256(large).digest(), 0.95),
        compare(
            "PBKDF2 10,000 iterations of SHA-256",
            lambda: pbkdf2("sha256", b"password", IV, 10_000, 32),
            derive(10_000),
            0.95,
        ),
    ]
    if not cipher_supports("aes-256", "xts", "libgcrypt"):
        print("libgcrypt is missing: XTS and CTR are cryptography's")
    if "--strict" in sys.argv and not all(met):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
