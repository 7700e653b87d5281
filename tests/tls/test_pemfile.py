from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import CredsError
from iochan.tls import pemfile
from iochan.tls.pemfile import MAX_PEM, check_directory, read_certificates, read_key
from iochan.tls.pki import Authority


def complaint(function: object, path: Path) -> str:
    assert callable(function)
    with pytest.raises(CredsError) as caught:
        function(path)
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


@pytest.mark.parametrize("read", [read_certificates, read_key])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, read: object) -> None:
    assert complaint(read, tmp_path) == f"{tmp_path}: is a directory: a PEM file is expected there"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert complaint(read, pipe) == f"{pipe}: is a pipe: put the PEM into a plain file"
    empty = tmp_path / "empty"
    empty.touch()
    assert complaint(read, empty) == f"{empty}: is empty: write it anew, as PEM"
    absent = tmp_path / "absent"
    assert complaint(read, absent) == f"{absent}: does not exist: make it, or name another directory"


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert complaint(read_key, Path("/dev/zero")).startswith(f"/dev/zero: is longer than {MAX_PEM} bytes: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("x")
    path.chmod(0)
    cure = "may not be read by this user: change its owner or its mode"
    assert complaint(read_key, path) == f"{path}: {cure}"


def test_every_refused_access_has_the_same_cure() -> None:
    for error in (PermissionError(1, "no"), PermissionError(13, "no")):
        text = str(pemfile._unreadable(Path("k"), error))
        assert text == "k: may not be read by this user: change its owner or its mode"


@given(st.binary(min_size=1, max_size=200))
def test_junk_is_refused_without_being_shown(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("junk") / "junk.pem"
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\n" + junk)
    key = complaint(read_key, path)
    assert key == f"{path}: holds no PEM private key that can be read: write it anew, as PEM"
    certificate = complaint(read_certificates, path)
    assert certificate == f"{path}: holds no PEM certificate that can be read: write it anew, as PEM"


def test_a_bundle_keeps_its_order(tmp_path: Path) -> None:
    path = tmp_path / "bundle.pem"
    made = [Authority.create(name).identity for name in ("b", "a", "c")]
    path.write_bytes(b"".join(one.certificate_pem() for one in made))
    assert read_certificates(path) == [one.certificate for one in made]
