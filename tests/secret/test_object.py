from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from iochan.core.errors import AddressError, SecretError
from iochan.objects import ObjectStore
from iochan.secret import Secret, find_secret, seal, secret_bytes, secret_text

MASTER = bytes(range(32))


def store(*texts: str) -> ObjectStore:
    objects = ObjectStore()
    for text in texts:
        objects.add(text)
    return objects


def test_direct() -> None:
    assert secret_text(store("secret,id=sec0,data=123456"), "sec0") == "123456"


def test_indirect_good_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "value"
    path.write_bytes(b"from a file\n")
    assert secret_bytes(store(f"secret,id=sec0,file={path}"), "sec0") == b"from a file\n"
    assert secret_bytes(store(f"secret,id=sec0,file={path},trim=on"), "sec0") == b"from a file"
    path.write_bytes(b"")
    assert secret_bytes(store(f"secret,id=sec0,file={path}"), "sec0") == b""


def test_noconv_utf8() -> None:
    assert secret_text(store("secret,id=sec0,data=pässwörd €"), "sec0") == "pässwörd €"
    assert secret_bytes(store("secret,id=sec0,data=€"), "sec0") == b"\xe2\x82\xac"


def test_indirect_badfile(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="no such file"):
        store(f"secret,id=sec0,file={tmp_path}/none")


def test_a_descriptor() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"piped")
    os.close(writer)
    assert secret_bytes(store(f"secret,id=sec0,fd={reader}"), "sec0") == b"piped"


def test_noconv_base64_good_and_bad() -> None:
    assert secret_bytes(store("secret,id=sec0,format=base64,data=MTIzNDU2"), "sec0") == b"123456"
    with pytest.raises(SecretError, match="no base64"):
        store("secret,id=sec0,format=base64,data=MTIzNDU2?")


def test_conv_base64_and_utf8() -> None:
    objects = store("secret,id=sec0,format=base64,data=//4=", "secret,id=sec1,data=hello")
    with pytest.raises(SecretError, match="no UTF-8 text at byte 0"):
        secret_text(objects, "sec0")
    assert find_secret(objects, "sec1").as_base64() == "aGVsbG8="


@pytest.mark.parametrize("form", ["raw", "base64"])
def test_crypt_raw_and_base64(form: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(MASTER)
    sealed, iv = seal(Secret(b"123456"), Secret(MASTER))
    (tmp_path / "sealed").write_bytes(sealed if form == "raw" else base64.b64encode(sealed))
    objects = store(
        f"secret,id=master,file={tmp_path}/key",
        f"secret,id=sec0,file={tmp_path}/sealed,format={form},keyid=master,iv={base64.b64encode(iv).decode()}",
    )
    assert secret_text(objects, "sec0") == "123456"


SEALED = "secret,id=sec0,format=base64,keyid=master,data=" + base64.b64encode(bytes(16)).decode()
VECTOR = base64.b64encode(bytes(16)).decode()


def test_crypt_shortkey() -> None:
    with pytest.raises(SecretError, match="the master key has 5 bytes: it must have 32"):
        store("secret,id=master,data=12345", f"{SEALED},iv={VECTOR}")


def test_crypt_shortiv_missingiv_badiv() -> None:
    master = f"secret,id=master,format=base64,data={base64.b64encode(MASTER).decode()}"
    with pytest.raises(SecretError, match="vector of a sealed secret has 3 bytes: it must have 16"):
        store(master, f"{SEALED},iv=MTIz")
    with pytest.raises(SecretError, match="keyid was given without iv"):
        store(master, SEALED)
    with pytest.raises(SecretError, match="iv is no base64 at byte 0"):
        store(master, f"{SEALED},iv=????????")
    with pytest.raises(SecretError, match="iv is no base64 at byte 0"):
        store(master, f"{SEALED},iv=\udcff")
    with pytest.raises(SecretError, match="iv was given without keyid"):
        store(f"secret,id=sec0,data=x,iv={VECTOR}")


def test_one_source_and_no_other() -> None:
    with pytest.raises(SecretError, match="one of data, file and fd: none was given"):
        store("secret,id=sec0")
    with pytest.raises(SecretError, match="data and file was given"):
        store("secret,id=sec0,data=hidden,file=/dev/null")


def test_a_secret_that_is_not_there_yet_or_is_none() -> None:
    with pytest.raises(SecretError, match="no secret 'master'"):
        store(f"{SEALED},iv={VECTOR}")
    objects = store("authz-simple,id=rule,identity=CN=me")
    with pytest.raises(SecretError, match="Secret is needed"):
        find_secret(objects, "rule")


def test_a_message_shows_the_beginning_of_a_long_name_only() -> None:
    for rest in ("format=" + "z" * 5000, f"iv={VECTOR},keyid=" + "z" * 5000):
        with pytest.raises(SecretError) as caught:
            store(f"secret,id=sec0,data=x,{rest}")
        assert len(str(caught.value)) < 400


def test_no_message_shows_the_data() -> None:
    for rest in ("id=,data=hidden", "id=a,data=hidden,nothing=x", "id=a,data=hidden,trim=5"):
        with pytest.raises((AddressError, SecretError)) as caught:
            store(f"secret,{rest}")
        assert "hidden" not in str(caught.value)
