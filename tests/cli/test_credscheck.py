"""Broken directories: `iochan creds check` tells what is wrong with each, and the cure."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from iochan.cli.main import main
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.pki import Authority
from tests.interop.peers import need
from tests.tls.certificates import make


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def check(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["creds", "check", *map(str, arguments)])
    assert "Traceback" not in result.output
    return result


def empty_key(pki: ThrowAwayPki) -> Path:
    (pki.dir / "server-key.pem").write_bytes(b"")
    return pki.dir


def no_authority(pki: ThrowAwayPki) -> Path:
    (pki.dir / "ca-cert.pem").unlink()
    return pki.dir


def junk(pki: ThrowAwayPki) -> Path:
    (pki.dir / "server-cert.pem").write_bytes(b"hello")
    return pki.dir


def a_directory(pki: ThrowAwayPki) -> Path:
    (pki.dir / "server-cert.pem").unlink()
    (pki.dir / "server-cert.pem").mkdir()
    return pki.dir


def other_key(pki: ThrowAwayPki) -> Path:
    (pki.dir / "server-key.pem").write_bytes(pki.client.key_pem())
    return pki.dir


def encrypted(pki: ThrowAwayPki) -> Path:
    sealed = BestAvailableEncryption(b"x")
    pem = pki.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)
    (pki.dir / "server-key.pem").write_bytes(pem)
    return pki.dir


def other_authority(pki: ThrowAwayPki) -> Path:
    return pki.directory("other", authority=Authority.create("another CA"))


def client_as_server(pki: ThrowAwayPki) -> Path:
    return pki.directory("swapped", server=pki.client)


def weak_key(pki: ThrowAwayPki) -> Path:
    key = rsa.generate_private_key(65537, 1024)
    own = pki.authority.identity
    good = pki.server.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(good.subject)
        .issuer_name(own.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(good.not_valid_before_utc)
        .not_valid_after(good.not_valid_after_utc)
    )
    made = builder.sign(own.key, SHA256())
    (pki.dir / "server-cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (pki.dir / "server-key.pem").write_bytes(pem)
    return pki.dir


def bad_psk(pki: ThrowAwayPki) -> Path:
    (pki.dir / "keys.psk").write_text("qemu:nohex\n")
    return pki.dir


def self_signed(pki: ThrowAwayPki) -> Path:
    own = make("own", names=["localhost"])
    (pki.dir / "server-cert.pem").write_bytes(own.pem)
    (pki.dir / "server-key.pem").write_bytes(own.key_pem)
    return pki.dir


def absent(pki: ThrowAwayPki) -> Path:
    return pki.dir / "absent"


BROKEN: dict[str, tuple[Callable[[ThrowAwayPki], Path], str, str]] = {
    "expired": (ThrowAwayPki.expired_server_dir, "expired on", "check the clock or reissue it"),
    "future": (ThrowAwayPki.future_server_dir, "not valid before", "check the clock or reissue it"),
    "empty key": (empty_key, "is empty", "write it anew, as PEM"),
    "no authority": (no_authority, "does not exist", "make it, or name another directory"),
    "junk": (junk, "holds no PEM certificate", "write it anew, as PEM"),
    "a directory": (a_directory, "is a directory", "a PEM file is expected there"),
    "other key": (other_key, "is not the key of", "give the two that were made together"),
    "encrypted": (encrypted, "the key is encrypted", "give its passphrase as passwordid=ID"),
    "other authority": (other_authority, "has no issuer among the CAs", "reissue the certificate below"),
    "client as server": (
        client_as_server,
        "does not allow use with a TLS server",
        "reissue it with serverAuth",
    ),
    "weak key": (weak_key, "its RSA key has 1024 bits", "reissue it with a P-256 or RSA 2048 key"),
    "bad psk": (bad_psk, "the key is not in hex", "write two digits for each byte"),
    "self-signed": (self_signed, "say that it is no CA", "reissue it with CA:TRUE"),
    "absent": (absent, "does not exist", "make it, or name another directory"),
}
WARNS = {"client as server"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_directory_is_told_with_its_cure(pki: ThrowAwayPki, name: str) -> None:
    breaks, fact, cure = BROKEN[name]
    directory = breaks(pki)
    told = check(directory, "--endpoint", "server")
    assert told.exit_code == (3 if name in WARNS else 1)
    assert fact in told.output
    assert cure in told.output
    parsed = json.loads(check(directory, "--endpoint", "server", "--json").output)
    assert parsed["verdict"] == ("warning" if name in WARNS else "error")
    (found,) = [one for one in parsed["findings"] if fact in one["value"]]
    assert cure in found["cure"]
    assert all(found[key] for key in ("file", "field", "value", "cure", "verdict"))


def test_a_good_directory_is_fine_and_a_wrong_host_name_is_not(pki: ThrowAwayPki) -> None:
    good = check(pki.dir, "--hostname", "localhost")
    assert (good.exit_code, "fine" in good.output) == (0, True)
    assert "warning" not in good.output
    every = check(pki.dir, "--all")
    assert every.exit_code == 0
    assert "extended key usage" in every.output
    other = check(pki.dir, "--hostname", "elsewhere.example")
    assert other.exit_code == 1
    assert "is not for 'elsewhere.example'" in other.output


def test_a_key_that_others_may_read_is_a_warning(pki: ThrowAwayPki) -> None:
    (pki.dir / "server-key.pem").chmod(0o644)
    told = check(pki.dir)
    assert told.exit_code == 3
    assert "has mode 0644" in told.output
    assert "chmod 600" in told.output


def test_pre_shared_keys_are_checked_without_certificates(tmp_path: Path) -> None:
    path = tmp_path / "keys.psk"
    path.write_text("qemu:00112233445566778899aabbccddeeff\n")
    path.chmod(0o600)
    assert check(tmp_path).exit_code == 0
    path.chmod(0o640)
    told = check(tmp_path)
    assert told.exit_code == 3
    assert "00112233" not in told.output


def test_certificates_are_shown_with_the_name_that_authorisation_sees(pki: ThrowAwayPki) -> None:
    shown = CliRunner().invoke(main, ["creds", "show", str(pki.dir)])
    assert "subject     CN=throw-away client" in shown.output
    assert "localhost, 127.0.0.1, ::1" in shown.output
    parsed = json.loads(CliRunner().invoke(main, ["creds", "show", str(pki.dir), "--json"]).output)
    assert {Path(one["file"]).name for one in parsed} == {"ca-cert.pem", "server-cert.pem", "client-cert.pem"}
    one = CliRunner().invoke(main, ["creds", "show", str(pki.dir / "server-cert.pem"), "--json"])
    assert [entry["subject"] for entry in json.loads(one.output)] == ["CN=localhost"]


def test_a_directory_without_certificates_shows_nothing(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["creds", "show", str(tmp_path)])
    assert shown.exit_code == 1
    assert "holds no ...-cert.pem" in shown.output


@pytest.mark.interop
@pytest.mark.slow
def test_what_certtool_made_is_fine(tmp_path: Path) -> None:
    tool = need("certtool")
    (tmp_path / "ca.cfg").write_text("cn = ca\nca\ncert_signing_key\nexpiration_days = 365\n")
    (tmp_path / "s.cfg").write_text(
        "cn = localhost\ndns_name = localhost\nip_address = 127.0.0.1\ntls_www_server\n"
        "signing_key\nexpiration_days = 365\n"
    )
    for name in ("ca", "server"):
        run(tool, "--generate-privkey", "--ecdsa", "--outfile", tmp_path / f"{name}-key.pem")
    run(
        *(tool, "--generate-self-signed", "--load-privkey", tmp_path / "ca-key.pem"),
        *("--template", tmp_path / "ca.cfg", "--outfile", tmp_path / "ca-cert.pem"),
    )
    run(
        *(tool, "--generate-certificate", "--load-privkey", tmp_path / "server-key.pem"),
        *("--load-ca-certificate", tmp_path / "ca-cert.pem", "--load-ca-privkey", tmp_path / "ca-key.pem"),
        *("--template", tmp_path / "s.cfg", "--outfile", tmp_path / "server-cert.pem"),
    )
    told = check(tmp_path, "--hostname", "localhost")
    assert told.exit_code == 0, told.output


@pytest.mark.interop
@pytest.mark.slow
def test_what_openssl_made_is_fine(tmp_path: Path) -> None:
    tool = need("openssl")
    new = (
        tool,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "90",
    )
    run(*new, "-subj", "/CN=ca", "-keyout", tmp_path / "ca-key.pem", "-out", tmp_path / "ca-cert.pem")
    run(
        *new,
        *("-CA", tmp_path / "ca-cert.pem", "-CAkey", tmp_path / "ca-key.pem", "-subj", "/CN=localhost"),
        *("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost"),
        *("-keyout", tmp_path / "server-key.pem", "-out", tmp_path / "server-cert.pem"),
    )
    told = check(tmp_path, "--hostname", "localhost")
    assert told.exit_code == 0, told.output


def run(*argv: str | Path) -> None:
    done = subprocess.run(argv, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert shutil.which(str(argv[0]))
