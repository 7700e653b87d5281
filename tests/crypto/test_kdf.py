from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iochan.core.errors import CryptoError
from iochan.crypto.backend import Backend
from iochan.crypto.choice import backend as find_backend
from iochan.crypto.choice import backends
from iochan.crypto.errors import AlgorithmUnavailable, LengthError
from iochan.crypto.kdf import argon2id, hkdf, kdf_supports, pbkdf2, pbkdf2_count_iterations, scrypt
from iochan.crypto.names import HashAlgorithm, Kdf


@pytest.mark.parametrize("backend", ["hashlib", "cryptography"])
@pytest.mark.parametrize(
    ("iterations", "wanted"),
    [
        (1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        (2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        (4096, "4b007901b765489abead49d926f721d065a429c1"),
    ],
)
def test_pbkdf2_of_rfc_6070(backend: str, iterations: int, wanted: str) -> None:
    assert pbkdf2("sha1", b"password", b"salt", iterations, 20, backend).hex() == wanted


@pytest.mark.parametrize("backend", ["hashlib", "cryptography"])
def test_scrypt_of_rfc_7914(backend: str) -> None:
    key = scrypt(b"password", b"NaCl", n=1024, r=8, p=16, length=64, backend=backend)
    assert key.hex().startswith("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")


def test_hkdf_of_rfc_5869_case_1() -> None:
    key = hkdf(
        "sha256",
        b"\x0b" * 22,
        salt=bytes(range(13)),
        info=bytes(range(0xF0, 0xFA)),
        length=42,
    )
    assert key.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_argon2id_depends_on_all_it_gets() -> None:
    first = argon2id(b"password", b"saltsalt", iterations=1, lanes=1, memory=64)
    assert first == argon2id(b"password", b"saltsalt", iterations=1, lanes=1, memory=64)
    assert first != argon2id(b"password", b"saltsalt", iterations=1, lanes=1, memory=72)
    assert first != argon2id(b"passwore", b"saltsalt", iterations=1, lanes=1, memory=64)


@pytest.mark.slow
def test_iterations_a_second_are_counted() -> None:
    assert pbkdf2_count_iterations("sha256", b"password", b"salt", 32) >= 1 << 15


def test_an_error_of_the_count_comes_through() -> None:
    with pytest.raises(LengthError):
        pbkdf2_count_iterations("sha256", b"password", b"salt", 0)


def test_support_is_told() -> None:
    assert kdf_supports("pbkdf2", "sha256", "hashlib")
    assert not kdf_supports("argon2id", None, "hashlib")
    assert kdf_supports("argon2id")


def scrypt_with(r: int, p: int) -> Callable[[str | None], bytes]:
    return lambda who: scrypt(b"", b"", n=16, r=r, p=p, backend=who)


DERIVATIONS: dict[str, tuple[str, dict[str, Any], Callable[[str | None], bytes]]] = {
    "pbkdf2": ("pbkdf2", {}, lambda who: pbkdf2("sha256", b"key", b"salt", 2, 40, who)),
    "pbkdf2 no key": ("pbkdf2", {"key": False}, lambda who: pbkdf2("sha256", b"", b"salt", 2, 40, who)),
    "pbkdf2 no salt": ("pbkdf2", {"salt": False}, lambda who: pbkdf2("sha256", b"key", b"", 2, 40, who)),
    "hkdf no salt": ("hkdf", {"salt": False}, lambda who: hkdf("sha256", b"key", backend=who)),
    "hkdf no key": ("hkdf", {"key": False}, lambda who: hkdf("sha256", b"", salt=b"salt", backend=who)),
    **{f"scrypt {r} {p}": ("scrypt", {"r": r}, scrypt_with(r, p)) for r in (1, 2, 4, 8, 16) for p in (1, 3)},
    "argon2id": (
        "argon2id", {}, lambda who: argon2id(b"key", bytes(8), memory=64, backend=who)
    ),
    "argon2id no key": (
        "argon2id", {"key": False}, lambda who: argon2id(b"", bytes(8), memory=64, backend=who)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, one in backends() if isinstance(one, Backend)])
@pytest.mark.parametrize("case", DERIVATIONS)
def test_what_a_backend_says_that_it_supports_is_what_it_does(case: str, name: str) -> None:
    kdf, facts, derive = DERIVATIONS[case]
    over = HashAlgorithm.SHA256 if kdf in {"pbkdf2", "hkdf"} else None
    if find_backend(name).kdf_supports(Kdf(kdf), over, **facts):
        assert derive(name) == derive(None)
    else:
        with pytest.raises(AlgorithmUnavailable, match=f"the crypto backend {name} has no {kdf}.* would"):
            derive(name)


def test_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(CryptoError, match="0 iterations of pbkdf2"):
        pbkdf2("sha256", b"", b"", 0, 32)
    with pytest.raises(CryptoError, match="scrypt with n=1000"):
        scrypt(b"", b"", n=1000)
    with pytest.raises(CryptoError, match="argon2id with a salt of 3 bytes"):
        argon2id(b"", b"abc")
    for over in (
        {"iterations": (1 << 32) + 1},
        {"memory": (1 << 32) + 8},
        {"lanes": 1 << 24, "memory": 1 << 27},
    ):
        with pytest.raises(CryptoError, match="none more than RFC 9106 allows"):
            argon2id(b"", bytes(8), **over)  # type: ignore[arg-type] # numbers only
    with pytest.raises(LengthError, match="asked of hkdf has 9000 bytes: it must have 1 to 8160"):
        hkdf("sha256", b"key", length=9000)


@pytest.mark.parametrize("backend", ["cryptography", "hashlib", "libgcrypt"])
@pytest.mark.parametrize("n", [1 << 40, 1 << 64])
def test_more_memory_than_there_is_is_an_error_of_ours(backend: str, n: int) -> None:
    if not kdf_supports("scrypt", None, backend):
        pytest.skip(f"no {backend} here")
    with pytest.raises(CryptoError, match=f"scrypt with n={n}, r=8, p=1: "):
        scrypt(b"", b"", n=n, backend=backend)
