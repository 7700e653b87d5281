"""LUKS images and sealed secrets, with the programs that everybody else has."""

from __future__ import annotations

import base64
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from iochan.channels.file import FileChannel
from iochan.core.op import run
from iochan.crypto.block import add_key_op, create_luks_op, open_luks_op, remove_key_op
from iochan.objects import ObjectStore
from iochan.secret import Secret, seal, secret_text
from tests.interop.peers import iochan, need

PASSWORD = b"correct horse"
QEMU_GAVE_UP = b"Unable to get accurate CPU usage"
"""QEMU says so when the clock of its thread has not moved while it counted iterations."""


def call(*argv: str, data: bytes = b"") -> bytes:
    give_up = time.monotonic() + 60
    while True:
        done = subprocess.run(argv, input=data, capture_output=True, timeout=60, check=False)
        if QEMU_GAVE_UP not in done.stderr or time.monotonic() > give_up:
            break
        # The ticks of the clock come at even distances: begin the next count at another place between them.
        time.sleep(random.random() / 50)
    assert done.returncode == 0, (argv, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_bytes(PASSWORD)
    return path


def qemu_io(image: Path, password: Path, *commands: str) -> bytes:
    steps = [part for command in commands for part in ("-c", command)]
    options = f"driver=luks,key-secret=sec0,file.driver=file,file.filename={image}"
    return call(
        need("qemu-io"), "--object", f"secret,id=sec0,file={password}", *steps, "--image-opts", options
    )


CHOICES = {
    "default": ("", {}),
    "aes-256-cbc-essiv": (
        ",cipher-alg=aes-256,cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256",
        {"mode": "cbc", "ivgen": "essiv", "iv_hash": "sha256"},
    ),
    "aes-128-cbc-plain64-sha1": (
        ",cipher-alg=aes-128,cipher-mode=cbc,ivgen-alg=plain64,hash-alg=sha1",
        {"algorithm": "aes-128", "mode": "cbc", "hash_algorithm": "sha1"},
    ),
    "serpent-256-xts": (",cipher-alg=serpent-256", {"algorithm": "serpent-256"}),
    "twofish-256-xts": (",cipher-alg=twofish-256", {"algorithm": "twofish-256"}),
}


@pytest.mark.parametrize("name", CHOICES)
def test_an_image_of_qemu_is_read_written_and_given_a_key(name: str, tmp_path: Path, password: Path) -> None:
    image, other = tmp_path / "image", tmp_path / "other"
    call(
        need("qemu-img"), "create", "-q", "-f", "luks", "--object", f"secret,id=sec0,file={password}",
        "-o", f"key-secret=sec0,iter-time=10{CHOICES[name][0]}", str(image), "1M",
    )  # fmt: skip
    qemu_io(image, password, "write -P 0xa5 0 64k")
    with FileChannel.open(image, "rw") as channel:
        plain = run(open_luks_op(channel, PASSWORD))
        assert plain.size == 1 << 20
        assert plain.read_exactly(65536) == b"\xa5" * 65536
        plain.pwritev([b"\x5a" * 65536], 131072)
        assert run(add_key_op(channel, PASSWORD, b"another", iterations=1000)) == 1
    other.write_bytes(b"another")
    read = qemu_io(image, other, "read -P 0xa5 0 64k", "read -P 0x5a 128k 64k")
    assert b"verification failed" not in read
    assert read.count(b"read 65536/65536") == 2


@pytest.mark.parametrize("name", CHOICES)
def test_our_image_is_read_and_written_by_qemu(name: str, tmp_path: Path, password: Path) -> None:
    image = tmp_path / "image"
    with FileChannel.open(image, "rw") as channel:
        run(create_luks_op(channel, PASSWORD, 1 << 20, iterations=1000, **CHOICES[name][1]))  # type: ignore[arg-type]
        run(open_luks_op(channel, PASSWORD)).pwritev([b"\x11" * 4096], 8192)
    read = qemu_io(image, password, "read -P 0x11 8k 4k", "write -P 0x22 64k 4k")
    assert b"verification failed" not in read
    with FileChannel.open(image, "r") as channel:
        plain = run(open_luks_op(channel, PASSWORD))
        plain.seek(65536)
        assert plain.read_exactly(4096) == b"\x22" * 4096


def cryptsetup(action: str, image: Path, password: Path, *more: str) -> bytes:
    path = need("cryptsetup")
    return call(path, "--batch-mode", "--key-file", str(password), *more, action, str(image))


def test_an_image_of_cryptsetup_is_read_and_given_a_key(tmp_path: Path, password: Path) -> None:
    image, other = tmp_path / "image", tmp_path / "other"
    image.write_bytes(bytes(4 << 20))
    force = ["--type", "luks1", "--pbkdf-force-iterations", "1000"]
    cryptsetup("luksFormat", image, password, *force)
    with FileChannel.open(image, "rw") as channel:
        plain = run(open_luks_op(channel, PASSWORD))
        assert plain.size == (4 << 20) - plain.header.payload * 512
        assert run(add_key_op(channel, PASSWORD, b"another", iterations=1000)) == 1
        message = os.urandom(5000)
        plain.pwritev([message], 1000)
    other.write_bytes(b"another")
    cryptsetup("luksOpen", image, other, "--test-passphrase")
    assert b"Key Slot 1: ENABLED" in call(need("cryptsetup"), "luksDump", str(image))
    # What the kernel would show of it, qemu shows without its help.
    options = f"driver=luks,key-secret=sec0,file.driver=file,file.filename={image}"
    raw = tmp_path / "raw"
    secret = f"secret,id=sec0,file={password}"
    call(need("qemu-img"), "convert", "--object", secret, "--image-opts", options, "-O", "raw", str(raw))
    assert raw.read_bytes()[1000:6000] == message


def test_our_image_is_opened_and_given_a_key_by_cryptsetup(tmp_path: Path, password: Path) -> None:
    image, other = tmp_path / "image", tmp_path / "other"
    other.write_bytes(b"another")
    with FileChannel.open(image, "rw") as channel:
        run(create_luks_op(channel, PASSWORD, 1 << 20, iterations=1000))
    cryptsetup("luksOpen", image, password, "--test-passphrase")
    path = need("cryptsetup")
    call(
        path, "--batch-mode", "--key-file", str(password), "--pbkdf-force-iterations", "1000",
        "luksAddKey", str(image), str(other),
    )  # fmt: skip
    with FileChannel.open(image, "rw") as channel:
        assert run(open_luks_op(channel, b"another")).size == 1 << 20
        assert run(remove_key_op(channel, password=PASSWORD)) == [0]
    cryptsetup("luksOpen", image, other, "--test-passphrase")


def joined(header: Path, payload: Path, image: Path) -> None:
    """Make of a detached header and its payload the image with both, which every QEMU reads."""
    content = bytearray(header.read_bytes())
    place = 4096 * 512
    content[104:108] = (place // 512).to_bytes(4, "big")
    image.write_bytes(content[:place].ljust(place, b"\0") + payload.read_bytes())


def test_a_detached_header_of_cryptsetup_is_used_and_changed(tmp_path: Path, password: Path) -> None:
    header, image, other = tmp_path / "header", tmp_path / "image", tmp_path / "other"
    header.write_bytes(bytes(4 << 20))
    image.write_bytes(bytes(1 << 20))
    other.write_bytes(b"another")
    apart = ["--header", str(header)]
    cryptsetup("luksFormat", image, password, *apart, "--type", "luks1", "--pbkdf-force-iterations", "1000")
    files = [str(image), *apart]
    change = ["--key-file", str(password), "--new-key-file", str(other), "--iter-time", "1"]
    assert call(*iochan("luks", "add-key", *files, *change)) == b"slot 1\n"
    message = os.urandom(5000)
    call(*iochan("luks", "open", *files, "--key-file", str(other), "--write"), data=message)
    assert call(*iochan("luks", "remove-key", *files, "--key-file", str(password))) == b"slot 0 is free\n"
    cryptsetup("luksOpen", image, other, *apart, "--test-passphrase")
    dump = call(need("cryptsetup"), "luksDump", *apart, str(image))
    assert b"Key Slot 0: DISABLED" in dump
    assert b"Key Slot 1: ENABLED" in dump
    joined(header, image, tmp_path / "joined")
    options = f"driver=luks,key-secret=sec0,file.driver=file,file.filename={tmp_path / 'joined'}"
    secret = f"secret,id=sec0,file={other}"
    raw = tmp_path / "raw"
    call(need("qemu-img"), "convert", "--object", secret, "--image-opts", options, "-O", "raw", str(raw))
    assert raw.read_bytes()[:5000] == message


def test_our_detached_header_is_opened_and_changed_by_cryptsetup(tmp_path: Path, password: Path) -> None:
    header, image, other = tmp_path / "header", tmp_path / "image", tmp_path / "other"
    other.write_bytes(b"another")
    apart = ["--header", str(header)]
    files = [str(image), *apart]
    call(*iochan("luks", "create", *files, "--size", "1M", "--key-file", str(password), "--iter-time", "1"))
    cryptsetup("luksOpen", image, password, *apart, "--test-passphrase")
    call(
        need("cryptsetup"), "--batch-mode", "--key-file", str(password), "--pbkdf-force-iterations", "1000",
        *apart, "luksAddKey", str(image), str(other),
    )  # fmt: skip
    call(need("cryptsetup"), "--batch-mode", *apart, "luksRemoveKey", str(image), str(password))
    joined(header, image, tmp_path / "joined")
    qemu_io(tmp_path / "joined", other, "write -P 0x33 0 64k")
    image.write_bytes((tmp_path / "joined").read_bytes()[4096 * 512 :])
    plain = call(*iochan("luks", "open", *files, "--key-file", str(other)))
    assert plain[:65536] == b"\x33" * 65536
    assert len(plain) == 1 << 20


def test_luks2_is_refused_by_name(tmp_path: Path, password: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(20 << 20))
    force = ["--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
    cryptsetup("luksFormat", image, password, *force)
    done = subprocess.run(iochan("luks", "info", str(image)), capture_output=True, timeout=30, check=False)
    assert done.returncode == 1
    assert b"LUKS version 2" in done.stderr


def test_a_sealed_secret_opens_an_image_in_qemu(tmp_path: Path) -> None:
    image, key = tmp_path / "image", tmp_path / "key"
    master = os.urandom(32)
    key.write_bytes(base64.b64encode(master))
    with FileChannel.open(image, "rw") as channel:
        run(create_luks_op(channel, PASSWORD, 65536, iterations=1000))
    sealed = subprocess.run(
        iochan("secret", "seal", "--key-file", str(key)), input=PASSWORD, capture_output=True, check=True
    )
    objects = [
        "--object", f"secret,id=master,format=base64,file={key}",
        "--object", f"secret,id=sec0,keyid=master,format=base64,{sealed.stdout.decode().strip()}",
    ]  # fmt: skip
    options = f"driver=luks,key-secret=sec0,file.driver=file,file.filename={image}"
    shown = call(need("qemu-io"), *objects, "-c", "read 0 4k", "--image-opts", options)
    assert b"read 4096/4096" in shown


def test_a_secret_sealed_by_openssl_opens(tmp_path: Path) -> None:
    key, iv = os.urandom(32), os.urandom(16)
    (tmp_path / "key").write_bytes(base64.b64encode(key))
    sealed = call(
        need("openssl"), "enc", "-aes-256-cbc", "-a", "-K", key.hex(), "-iv", iv.hex(), data=b"letmein"
    )
    (tmp_path / "sealed").write_bytes(sealed)
    objects = ObjectStore()
    objects.add(f"secret,id=master,format=base64,file={tmp_path}/key")
    vector = base64.b64encode(iv).decode()
    objects.add(f"secret,id=sec0,keyid=master,format=base64,file={tmp_path}/sealed,iv={vector}")
    assert secret_text(objects, "sec0") == "letmein"


def test_openssl_opens_a_file_that_we_encrypted(tmp_path: Path) -> None:
    key = os.urandom(32)
    (tmp_path / "key").write_bytes(key)
    arguments = iochan("cipher", "encrypt", "-m", "cbc", "--key-file", str(tmp_path / "key"))
    sealed = call(*arguments, data=b"letmein")
    opened = call(
        need("openssl"), "enc", "-d", "-aes-256-cbc", "-K", key.hex(), "-iv", sealed[:16].hex(),
        data=sealed[16:],
    )  # fmt: skip
    assert opened == b"letmein"


def test_openssl_opens_what_we_seal() -> None:
    key = os.urandom(32)
    sealed, iv = seal(Secret(b"letmein"), Secret(key))
    opened = call(need("openssl"), "enc", "-d", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex(), data=sealed)
    assert opened == b"letmein"
