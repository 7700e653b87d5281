from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.crypto.errors import AuthenticationFailed, LengthError
from iochan.crypto.mac import Cmac, Hmac, cmac_supports, hmac_supports

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")


@pytest.mark.parametrize("backend", ["hashlib", "cryptography"])
def test_hmac_of_rfc_4231_case_2(backend: str) -> None:
    code = Hmac("sha256", b"Jefe", backend)
    code.update(b"what do ya want ")
    code.update(b"for nothing?")
    assert code.hexdigest() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_cmac_of_rfc_4493() -> None:
    assert Cmac("aes-128", KEY).hexdigest() == "bb1d6929e95937287fa37d129b756746"
    code = Cmac("aes-128", KEY)
    code.update(bytes.fromhex("6bc1bee22e409f96e93d7e117393172a"))
    assert code.hexdigest() == "070a16b46b4d4144f79bdd9dd04a287c"


@given(key=st.binary(max_size=200), message=st.binary(max_size=300))
def test_hmac_is_the_same_everywhere(key: bytes, message: bytes) -> None:
    wanted = hmac.digest(key, message, "sha512")
    for backend in ("hashlib", "cryptography"):
        code = Hmac("sha512", key, backend)
        code.update(message)
        assert code.digest() == wanted
        code.verify(wanted)


def test_a_key_serves_many_messages() -> None:
    code = Hmac("sha256", b"key")
    code.update(b"one")
    first = code.digest()
    code.reset()
    code.update(b"two")
    assert code.digest() != first
    code.reset()
    code.update(b"o")
    twin = code.copy()
    twin.update(b"ff")
    code.update(b"ne")
    assert code.digest() == first != twin.digest()


def test_another_code_is_refused() -> None:
    code = Cmac("aes-128", KEY)
    with pytest.raises(AuthenticationFailed, match="the cmac does not fit"):
        code.verify(bytes(16))


def test_a_cmac_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(LengthError, match="cmac-aes-256 has 16 bytes: it must have 32"):
        Cmac("aes-256", KEY)


def test_support_is_told() -> None:
    assert hmac_supports("sha256", "hashlib")
    assert cmac_supports("aes-128", "cryptography")
    assert not cmac_supports("aes-128", "hashlib")


def test_no_repr_shows_a_key() -> None:
    assert "Jefe" not in repr(Hmac("sha256", b"Jefe"))
    assert repr(Cmac("aes-128", KEY, "cryptography")) == "<Cmac by cryptography>"
