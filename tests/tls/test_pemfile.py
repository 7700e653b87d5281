from __future__ import annotations

import base64
import os
import re
import textwrap
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import CredsError
from iochan.tls import pemfile
from iochan.tls.pemfile import (
    MAX_PEM,
    check_directory,
    parse_certificates,
    parse_crls,
    parse_key,
    read_file,
)
from iochan.tls.pki import Authority


def complaint(function: object, *arguments: object) -> str:
    assert callable(function)
    with pytest.raises(CredsError) as caught:
        function(*arguments)
    return str(caught.value)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none"
    assert complaint(check_directory, path) == f"{path}: does not exist: make it, or name another directory"


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert (
        complaint(check_directory, path)
        == f"{path}: is no directory: name the directory that holds ca-cert.pem"
    )
    inside = path / "below"
    assert complaint(check_directory, inside).endswith("is no directory: name another directory")


def test_a_nul_is_no_part_of_a_path() -> None:
    assert complaint(check_directory, Path("a\0b")) == "'a\\x00b': cannot be a path: leave the NUL out"


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    assert complaint(read_file, tmp_path) == f"{tmp_path}: is a directory: a PEM file is expected there"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert complaint(read_file, pipe) == f"{pipe}: is a pipe: put the PEM into a plain file"
    empty = tmp_path / "empty"
    empty.touch()
    assert complaint(read_file, empty) == f"{empty}: is empty: write it anew, as PEM"
    absent = tmp_path / "absent"
    assert complaint(read_file, absent) == f"{absent}: does not exist: make it, or name another directory"


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert complaint(read_file, Path("/dev/zero")).startswith(f"/dev/zero: is longer than {MAX_PEM} bytes: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("x")
    path.chmod(0)
    cure = "may not be read by this user: change its owner or its mode"
    assert complaint(read_file, path) == f"{path}: {cure}"


def test_every_refused_access_has_the_same_cure() -> None:
    for error in (PermissionError(1, "no"), PermissionError(13, "no")):
        text = str(pemfile._unreadable(Path("k"), error))
        assert text == "k: may not be read by this user: change its owner or its mode"


@given(st.binary(min_size=1, max_size=200))
def test_junk_is_refused_without_being_shown(junk: bytes) -> None:
    data = b"-----BEGIN PRIVATE KEY-----\n" + junk
    for parse in (parse_key, parse_certificates, parse_crls):
        told = complaint(parse, "f", data)
        assert re.fullmatch(r"f: (holds|the passphrase)[A-Za-z ]*: [a-zA-Z, ]*", told)
    broken = b"-----BEGIN X509 CRL-----\n" + junk + b"-----END X509 CRL-----"
    assert complaint(parse_crls, "f", broken).startswith("f: holds a PEM revocation list that cannot be read")


def test_a_bundle_keeps_its_order() -> None:
    made = [Authority.create(name).identity for name in ("b", "a", "c")]
    data = b"".join(one.certificate_pem() for one in made)
    assert parse_certificates("f", b"junk before\n" + data) == [one.certificate for one in made]


def test_an_encrypted_key_needs_its_passphrase_and_says_which_way_it_was_wrong() -> None:
    key = Authority.create().identity.key
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
    found = parse_key("f", sealed, b"right")
    assert found.public_key() == key.public_key()
    assert "the key is encrypted: give its passphrase as passwordid=ID" in complaint(parse_key, "f", sealed)
    wrong = complaint(parse_key, "f", sealed, b"wrong")
    assert wrong.startswith("f: the passphrase is not that of the key: ")
    plain = Authority.create().identity.key_pem()
    assert parse_key("f", plain, b"not needed").public_key() is not None


def test_an_ec_key_as_certtool_writes_it_is_read() -> None:
    # GnuTLS puts a zero before numbers whose first bit is set, as if they had a sign.
    key = ec.derive_private_key(0xF << 252, ec.SECP256R1())
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert der[5:7] == b"\x04\x20"
    longer = b"\x30" + bytes([der[1] + 1]) + der[2:5] + b"\x04\x21\0" + der[7:]
    name, body = "EC PRIVATE KEY", "\n".join(textwrap.wrap(base64.b64encode(longer).decode(), 64))
    text = f"-----BEGIN {name}-----\n{body}\n-----END {name}-----\n"
    for password in (None, b"not needed"):
        assert parse_key("f", text.encode(), password).public_key() == key.public_key()
    junk = text.replace("-----\n", "-----\nAAAA", 1)
    assert "holds no PEM private key" in complaint(parse_key, "f", junk.encode())
