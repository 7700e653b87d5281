from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509

from iochan.tls.psk import PskCreds
from iochan.tls.x509 import X509Creds
from tests.cli.command import iochan, said

pytestmark = pytest.mark.slow


def test_a_directory_is_made_and_never_overwritten(tmp_path: Path) -> None:
    directory = tmp_path / "pki"
    done = iochan("creds", "init", str(directory), "--name", "db.example.org", "--ip", "192.0.2.7", "--json")
    files = json.loads(done.stdout)["files"]
    assert sorted(Path(file).name for file in files) == sorted(path.name for path in directory.iterdir())
    certificate = x509.load_pem_x509_certificate((directory / "server-cert.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["db.example.org"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    before = {path: path.read_bytes() for path in directory.iterdir()}
    assert "ca-cert.pem" in said(iochan("creds", "init", str(directory)))
    assert {path: path.read_bytes() for path in directory.iterdir()} == before


def test_localhost_is_the_default(tmp_path: Path) -> None:
    done = iochan("creds", "init", str(tmp_path / "pki"))
    assert done.returncode == 0
    assert b"server-key.pem" in done.stdout


def test_init_makes_several_identities_and_pre_shared_keys(tmp_path: Path) -> None:
    directory = tmp_path / "pki"
    arguments = ("--key", "p256", "--key", "rsa2048", "--psk", "alice", "--psk", "bob")
    listed = iochan("creds", "init", str(directory), *arguments).stdout.decode().split()
    made = sorted(path.name for path in directory.iterdir())
    assert sorted(Path(line).name for line in listed) == made
    assert {"server-cert-0.pem", "server-key-0.pem", "client-cert-0.pem", "keys.psk"} <= set(made)
    assert X509Creds(directory, "server").dir == X509Creds(directory, "client").dir == directory
    assert PskCreds(directory, "client", username="bob").dir == directory
    done = iochan("creds", "init", str(tmp_path / "other"), "--key", "p256", "--key", "p256")
    assert "one is given twice" in said(done)
    assert not (tmp_path / "other").exists()
