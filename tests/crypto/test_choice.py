from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from iochan.core.registry import register
from iochan.crypto import choice as module
from iochan.crypto.backend import BACKENDS, Backend, DigestContext
from iochan.crypto.backends.stdlib import HashlibBackend
from iochan.crypto.choice import backend, backends, cipher_order, forget_choices
from iochan.crypto.cipher import Cipher
from iochan.crypto.errors import AlgorithmUnavailable, BackendMissing, UnknownAlgorithm
from iochan.crypto.hash import Hash
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget_choices()
    yield
    forget_choices()


class OnlyMd5(Backend):
    """A third party's."""

    name = "only-md5"
    version = "1"

    @override
    def hash_supports(self, algorithm: HashAlgorithm) -> bool:
        return algorithm is HashAlgorithm.MD5

    @override
    def hash(self, algorithm: HashAlgorithm) -> DigestContext:
        return HashlibBackend().hash(algorithm)


def missing() -> Backend:
    message = "libmissing.so is not here: apt install libmissing"
    raise BackendMissing(message)


def test_the_environment_chooses_where_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Hash("sha256").backend.name == "hashlib"
    monkeypatch.setenv("IOCHAN_CRYPTO_BACKEND", "cryptography")
    forget_choices()
    assert Hash("sha256").backend.name == "cryptography"
    assert Hash("sha256", "hashlib").backend.name == "hashlib"


def test_a_third_partys_backend_is_found_and_asked_for_by_name() -> None:
    register(BACKENDS, "only-md5", OnlyMd5)
    assert Hash("md5", "only-md5").hexdigest() == Hash("md5").hexdigest()
    with pytest.raises(AlgorithmUnavailable, match=r"only-md5 has no sha1: .*hashlib.* would"):
        Hash("sha1", "only-md5")


THIRD_PARTY = """
from iochan.crypto.backend import Backend
from iochan.crypto.backends.stdlib import HashlibBackend
from iochan.crypto.names import HashAlgorithm

class Shouting(Backend):
    name, version = "shouting", "7.1"

    def hash_supports(self, algorithm):
        return algorithm is HashAlgorithm.MD5

    def hash(self, algorithm):
        return HashlibBackend().hash(algorithm)
"""


@pytest.mark.slow  # two new processes
def test_an_installed_package_brings_a_backend_by_its_entry_point(tmp_path: Path) -> None:
    (tmp_path / "shouting.py").write_text(THIRD_PARTY)
    installed = tmp_path / "shouting-7.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 7.1\n")
    (installed / "entry_points.txt").write_text("[iochan.crypto_backends]\nshouting = shouting:Shouting\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}

    def python(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment | more, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    table = python("-m", "iochan", "crypto", "backends")
    assert table.returncode == 0
    assert any("shouting" in line and "7.1" in line for line in table.stdout.splitlines())
    program = """
from iochan.crypto import Hash
print(Hash("md5", "shouting").hexdigest(), Hash("md5").backend.name, Hash("sha1", "hashlib").backend.name)
Hash("sha1")
"""
    asked = python("-c", program, IOCHAN_CRYPTO_BACKEND="shouting")
    assert asked.stdout == "d41d8cd98f00b204e9800998ecf8427e shouting hashlib\n"
    assert "the crypto backend shouting has no sha1: cryptography, hashlib" in asked.stderr


def test_a_backend_object_will_do() -> None:
    assert Hash("md5", OnlyMd5()).backend.name == "only-md5"


def test_a_backend_that_says_no_more_refuses_by_name() -> None:
    for call in (
        lambda: OnlyMd5().cipher(CipherAlgorithm.AES_128, CipherMode.CBC, bytes(16)),
        lambda: OnlyMd5().hmac(HashAlgorithm.MD5, b""),
        lambda: OnlyMd5().cmac(CipherAlgorithm.AES_128, bytes(16)),
        lambda: OnlyMd5().pbkdf2(HashAlgorithm.MD5, b"", b"", 1, 1),
        lambda: OnlyMd5().scrypt(b"", b"", 2, 1, 1, 1),
        lambda: OnlyMd5().argon2id(b"", b"", 1, 1, 8, 4),
        lambda: OnlyMd5().hkdf(HashAlgorithm.MD5, b"", b"", b"", 1),
    ):
        with pytest.raises(AlgorithmUnavailable, match="only-md5 has no"):
            call()


def test_a_missing_library_is_told_and_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iochan.core.registry._added", {(BACKENDS, "aaa-missing"): missing})
    forget_choices()
    assert isinstance(dict(backends())["aaa-missing"], BackendMissing)
    assert Hash("sha256").backend.name == "hashlib"
    with pytest.raises(BackendMissing, match="apt install libmissing"):
        backend("aaa-missing")


def test_when_nobody_has_it_the_missing_ones_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "known", lambda _group: ["aaa-missing", "hashlib"])
    monkeypatch.setattr("iochan.core.registry._added", {(BACKENDS, "aaa-missing"): missing})
    monkeypatch.setattr(module, "cipher_order", lambda *_: ())
    forget_choices()
    with pytest.raises(AlgorithmUnavailable, match=r"no crypto backend here has x; libmissing\.so"):
        module.choose("x", lambda _backend: False, (), None)


def test_without_cryptography_the_others_do_the_work() -> None:
    program = """
import sys
sys.modules["cryptography"] = None
from iochan.crypto import Cipher, cipher_supports, hash_hex
from iochan.crypto.choice import backends
from iochan.secret import Secret
print(hash_hex("sha256", b"")[:8], dict(backends())["cryptography"])
if cipher_supports("aes-256", "cbc"):
    print(Cipher("aes-256", "cbc", bytes(32)).backend.name)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.startswith("e3b0c442 the crypto backend cryptography cannot be loaded")


def test_an_unknown_backend_lists_what_is_known() -> None:
    with pytest.raises(UnknownAlgorithm, match=r"unknown crypto backend 'openssl' \(known: .*cryptography"):
        backend("openssl")


def test_the_order_depends_on_the_work() -> None:
    aes, des = CipherAlgorithm.AES_128, CipherAlgorithm.DES
    assert cipher_order(aes, CipherMode.CBC, 64)[0] == "cryptography"
    assert cipher_order(aes, CipherMode.XTS, 512)[0] == "libgcrypt"
    assert cipher_order(aes, CipherMode.XTS, 1 << 20)[0] == "cryptography"
    assert cipher_order(aes, CipherMode.CTR, 64)[0] == "cryptography"
    assert cipher_order(aes, CipherMode.CTR, 1 << 20)[0] == "libgcrypt"
    assert cipher_order(des, CipherMode.ECB, 64)[0] == "libgcrypt"
    assert Cipher(aes, CipherMode.CBC, bytes(16)).backend.name == "cryptography"
