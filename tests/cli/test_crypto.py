from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from iochan.cli import stream
from tests.cli.command import iochan, said

pytestmark = pytest.mark.slow


def test_digests_are_printed_as_sha256sum_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    done = iochan("hash", str(path))
    assert done.stdout.decode() == f"{hashlib.sha256(b'content').hexdigest()}  {path}\n"
    found = json.loads(iochan("hash", "-a", "md5", "--format", "base64", "--json", str(path)).stdout)
    assert (
        found["files"] == [{"file": str(path), "digest": "mgNkuembtrs+bbCjb5LKiQ=="}]
        or len(found["files"]) == 1
    )
    assert "unknown hash 'sha255'" in said(iochan("hash", "-a", "sha255", str(path)))


@pytest.mark.parametrize("mode", ["gcm", "cbc", "ctr", "ecb"])
@pytest.mark.parametrize("size", [0, 5, 16, (1 << 20) + 3])
def test_files_are_encrypted_and_come_back(tmp_path: Path, mode: str, size: int) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    plain = os.urandom(size)
    (tmp_path / "plain").write_bytes(plain)
    options = ["-m", mode, "--key-file", str(tmp_path / "key")]
    assert (
        iochan("cipher", "encrypt", *options, str(tmp_path / "plain"), str(tmp_path / "sealed")).returncode
        == 0
    )
    back = iochan("cipher", "decrypt", *options, str(tmp_path / "sealed"), str(tmp_path / "back"))
    assert back.returncode == 0, back.stderr
    assert (tmp_path / "back").read_bytes() == plain


def test_the_key_is_the_one_of_the_file(tmp_path: Path) -> None:
    # Test vector of NIST SP 800-38A, F.5.5.
    (tmp_path / "key").write_bytes(
        bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    )
    (tmp_path / "plain").write_bytes(bytes.fromhex("6bc1bee22e409f96e93d7e117393172a"))
    options = ["-m", "ctr", "--iv", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "--key-file", str(tmp_path / "key")]
    for verb, source, target in (("encrypt", "plain", "sealed"), ("decrypt", "sealed", "back")):
        iochan("cipher", verb, *options, str(tmp_path / source), str(tmp_path / target))
    assert (tmp_path / "sealed").read_bytes().hex() == "601ec313775789a5b7a7f504bbf3d228"
    assert (tmp_path / "back").read_bytes() == (tmp_path / "plain").read_bytes()


def test_another_key_does_not_open_a_file(tmp_path: Path) -> None:
    for name in ("key", "other", "plain"):
        (tmp_path / name).write_bytes(os.urandom(32))
    plain, sealed, back = (str(tmp_path / name) for name in ("plain", "sealed", "back"))
    iochan("cipher", "encrypt", "--key-file", str(tmp_path / "key"), plain, sealed)
    done = iochan("cipher", "decrypt", "--key-file", str(tmp_path / "other"), sealed, back)
    assert "the GCM tag does not fit" in said(done)


def test_a_forged_file_never_appears(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    (tmp_path / "plain").write_bytes(bytes(1000))
    key = ["--key-file", str(tmp_path / "key")]
    iochan("cipher", "encrypt", *key, str(tmp_path / "plain"), str(tmp_path / "sealed"))
    sealed = bytearray((tmp_path / "sealed").read_bytes())
    sealed[500] ^= 1
    (tmp_path / "sealed").write_bytes(sealed)
    before = sorted(tmp_path.iterdir())
    text = said(iochan("cipher", "decrypt", *key, str(tmp_path / "sealed"), str(tmp_path / "back")))
    assert "the GCM tag does not fit" in text
    assert sorted(tmp_path.iterdir()) == before


def test_only_a_regular_file_is_replaced_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    before = sorted(tmp_path.iterdir())
    command = "cipher", "encrypt", "--key-file", str(tmp_path / "key"), str(tmp_path / "key")
    for name in ("directory", "fifo"):
        done = iochan(*command, str(tmp_path / name))
        assert done.returncode == 2
        assert b"no regular file" in done.stderr
    assert iochan(*command, str(tmp_path / "link")).returncode == 0
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "fifo").is_fifo()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() != b"old"


@pytest.mark.parametrize("mode", ["gcm", "cbc", "ctr"])
def test_a_vector_that_is_not_there_is_not_taken_for_zeros(tmp_path: Path, mode: str) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    (tmp_path / "empty").write_bytes(b"")
    command = "-m", mode, "--key-file", str(tmp_path / "key"), str(tmp_path / "empty"), str(tmp_path / "out")
    assert "has 0 bytes: it must have" in said(iochan("cipher", "encrypt", "--iv", "", *command))
    assert "has 0 bytes: it must have" in said(iochan("cipher", "decrypt", *command))
    assert not (tmp_path / "out").exists()


def test_keys_are_made_of_passwords(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"password\n")
    done = iochan(
        "kdf", "pbkdf2", "--password-file", str(tmp_path / "password"), "--trim", "--salt", "73616c74",
        "--iterations", "4096", "--length", "20", "-a", "sha1",
    )  # fmt: skip
    assert done.stdout.decode().strip() == "4b007901b765489abead49d926f721d065a429c1"
    assert "no password: give it in a file or as a secret object" in said(iochan("kdf", "pbkdf2"))


def test_the_backends_are_shown() -> None:
    found = json.loads(iochan("crypto", "backends", "--json").stdout)
    assert {"cryptography", "hashlib", "libgcrypt", "nettle"} <= {*found["backends"], *found["missing"]}
    rows = {(row["algorithm"], row["mode"]): row for row in found["algorithms"]}
    assert "cryptography" in rows["aes-256", "cbc"]["backends"]
    assert rows["sha256", "hash"]["chosen"] == "hashlib"
    assert b"aes-256" in iochan("crypto", "backends").stdout


def test_the_backends_are_shown_when_the_chosen_one_lacks_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOCHAN_CRYPTO_BACKEND", "hashlib")
    done = iochan("crypto", "backends", "--json")
    assert done.returncode == 0, done.stderr
    rows = {(row["algorithm"], row["mode"]): row for row in json.loads(done.stdout)["algorithms"]}
    assert rows["sha256", "hash"]["chosen"] == "hashlib"
    assert rows["aes-256", "cbc"]["chosen"] is None


def test_a_name_is_no_markup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    monkeypatch.setattr(stream, "_LARGE", 1)
    monkeypatch.setattr(stream, "Console", lambda **_: Console(file=io.StringIO(), force_terminal=True))
    with path.open("rb") as file:
        assert [bytes(piece) for piece in stream.pieces(file, "a[/red]")] == [b"content"]


def test_images_are_made_opened_and_their_keys_changed(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"first")
    (tmp_path / "two").write_bytes(b"second")
    image, one, two = (str(tmp_path / name) for name in ("image", "one", "two"))
    quick = ["--iter-time", "1"]
    assert iochan("luks", "create", image, "--size", "64K", "--key-file", one, *quick).returncode == 0
    assert "file exists" in said(iochan("luks", "create", image, "--size", "1K", "--key-file", one, *quick))
    wrong = str(tmp_path / "wrong")
    assert "give a multiple of 512" in said(
        iochan("luks", "create", wrong, "--size", "100", "--key-file", one)
    )
    for option, value in (("--size", "9" * 5000), ("--size", "9999999T"), ("--ivgen", "plane")):
        done = iochan("luks", "create", wrong, "--size", "1K", option, value, "--key-file", one, *quick)
        assert done.returncode in {1, 2}
        assert b"Traceback" not in done.stderr
        assert not Path(wrong).exists()
    facts = json.loads(iochan("luks", "info", image, "--json").stdout)
    assert (facts["cipher"], facts["mode"], facts["payload offset"]) == ("aes-256", "xts-plain64", 2068480)
    added = iochan("luks", "add-key", image, "--key-file", one, "--new-key-file", two, *quick)
    assert added.stdout == b"slot 1\n"
    assert iochan("luks", "remove-key", image, "--key-file", one).stdout == b"slot 0 is free\n"
    assert "opens none" in said(iochan("luks", "open", image, "--key-file", one))
    assert iochan("luks", "open", image, "--key-file", two).stdout != b""
    assert "the last key" in said(iochan("luks", "remove-key", image, "--slot", "1"))
    assert "no password" in said(iochan("luks", "open", image))
    assert "no such file" in said(iochan("luks", "add-key", wrong, "--key-file", one, "--new-key-file", two))


def test_a_header_may_lie_apart_from_its_image(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"first")
    (tmp_path / "two").write_bytes(b"second")
    image, header, one, two = (str(tmp_path / name) for name in ("image", "header", "one", "two"))
    there = [image, "--header", header]
    quick = ["--iter-time", "1"]
    done = iochan("luks", "create", *there, "--size", "64K", "--key-file", one, *quick)
    assert done.returncode == 0, done.stderr
    assert Path(image).read_bytes() == bytes(65536)
    for arguments in ([header], there):
        assert json.loads(iochan("luks", "info", *arguments, "--json").stdout)["payload offset"] == 0
    added = iochan("luks", "add-key", *there, "--key-file", one, "--new-key-file", two, *quick)
    assert added.stdout == b"slot 1\n"
    assert iochan("luks", "open", *there, "--key-file", two, "--write", stdin=b"hello").returncode == 0
    assert iochan("luks", "remove-key", *there, "--key-file", one).stdout == b"slot 0 is free\n"
    assert iochan("luks", "open", *there, "--key-file", two).stdout.startswith(b"hello")
    assert "is a header without its image" in said(iochan("luks", "open", header, "--key-file", two))
    assert "no LUKS header" in said(iochan("luks", "open", image, "--key-file", two))
    new = str(tmp_path / "new")
    taken = iochan("luks", "create", new, "--header", header, "--size", "1K", "--key-file", one, *quick)
    assert "file exists" in said(taken)
    assert not Path(new).exists()
    nameless = iochan("luks", "create", new, "--header", "", "--size", "1K", "--key-file", one, *quick)
    assert nameless.returncode != 0
    assert not Path(new).exists()


def test_an_image_that_takes_too_long_to_open_needs_leave(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"key")
    image, key = str(tmp_path / "image"), ("--key-file", str(tmp_path / "key"))
    iochan("luks", "create", image, "--size", "1K", "--iter-time", "50", *key)
    assert "allow more if you trust" in said(iochan("luks", "open", image, "--max-time", "1ms", *key))
    assert iochan("luks", "open", image, "--max-time", "100", *key).returncode == 0
    assert "must be a time" in said(iochan("luks", "open", image, "--max-time", "ever", *key))


def test_a_header_does_not_speak_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"key")
    image = tmp_path / "image"
    key = "--key-file", str(tmp_path / "key")
    iochan("luks", "create", str(image), "--size", "1K", "--iter-time", "1", *key)
    content = bytearray(image.read_bytes())
    content[168:178] = b"\x1b[31mEVIL\a"
    image.write_bytes(content)
    shown = iochan("luks", "info", str(image)).stdout
    assert b"EVIL" in shown
    assert b"\x1b" not in shown


@pytest.mark.slow  # three commands
def test_keys_and_passwords_come_as_secret_objects_too(tmp_path: Path) -> None:
    for name, content in {"key": bytes(range(32)), "plain": b"to be kept", "password": b"password"}.items():
        (tmp_path / name).write_bytes(content)
    plain, sealed, back = (str(tmp_path / name) for name in ("plain", "sealed", "back"))
    key = "--object", f"secret,id=key0,file={tmp_path / 'key'}", "--key-secret", "key0"
    assert iochan("cipher", "encrypt", *key, plain, sealed).returncode == 0
    assert iochan("cipher", "decrypt", "--key-file", str(tmp_path / "key"), sealed, back).returncode == 0
    assert Path(back).read_bytes() == b"to be kept"
    password = "--object", f"secret,id=pw0,file={tmp_path / 'password'}", "--password-secret", "pw0"
    derived = iochan("kdf", "pbkdf2", *password, "--salt", "73616c74", "--iterations", "1", "-a", "sha1",
                     "--length", "20")  # fmt: skip
    assert derived.stdout == b"0c60c80f961f0e71f3a9b524af6012062fe037a6\n"


def test_a_slot_is_not_freed_by_a_password_that_is_not_looked_at(tmp_path: Path) -> None:
    done = iochan("luks", "remove-key", str(tmp_path / "image"), "--slot", "1", "--key-file", "x")
    assert done.returncode == 2
    assert b"--slot frees a slot whatever opens it, a password the slots that it opens" in done.stderr
