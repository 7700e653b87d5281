from __future__ import annotations

import datetime as dt
import resource
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from iochan.core.errors import CredsError
from iochan.tls.endpoint import Endpoint
from iochan.tls.identity import check_hostname
from iochan.tls.pki import BACKDATE, LIFETIME, Authority, KeyType, init_directory
from iochan.tls.x509 import X509Creds

FILES = [
    "ca-cert.pem",
    "ca-key.pem",
    "client-cert.pem",
    "client-key.pem",
    "server-cert.pem",
    "server-key.pem",
]


def test_a_directory_serves_both_sides(tmp_path: Path) -> None:
    made = init_directory(tmp_path / "pki", ["a.example", "*.b.example"], ["10.1.2.3"])
    assert sorted(path.name for path in made) == FILES
    for endpoint in Endpoint:
        assert X509Creds(tmp_path / "pki", endpoint).endpoint is endpoint
    server = x509.load_pem_x509_certificate((tmp_path / "pki/server-cert.pem").read_bytes())
    for name in ("a.example", "x.b.example", "10.1.2.3"):
        check_hostname(server, name)


def test_keys_and_the_directory_are_the_owners_alone(tmp_path: Path) -> None:
    made = init_directory(tmp_path / "pki")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made if "key" in path.name}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_written_where_a_file_stands(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("nowhere")
    with pytest.raises(CredsError) as caught:
        init_directory(tmp_path)
    told = "is there already, and nothing is overwritten: choose another directory"
    assert str(caught.value) == f"{tmp_path / name}: {told}"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_parent_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CredsError, match=r"cannot be written \(No such file or directory\): mend that"):
        init_directory(tmp_path / "none" / "pki")


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, before[1]))
    try:
        with pytest.raises(CredsError, match=r"cannot be written \(File too large\)"):
            init_directory(tmp_path / "pki")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not (tmp_path / "pki").exists()


@pytest.mark.parametrize(
    ("names", "ips", "told"),
    [
        (["a..b"], [], "host name 'a..b' cannot be one"),
        (["10.0.0.1"], [], "name '10.0.0.1' is an IP address: give it as one"),
        (["a"], ["300.1.1.1"], "IP address '300.1.1.1' is none"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_is_written(
    tmp_path: Path, names: list[str], ips: list[str], told: str
) -> None:
    with pytest.raises(CredsError, match=told):
        init_directory(tmp_path / "pki", names, ips)
    assert not (tmp_path / "pki").exists()


def test_certificates_pass_the_sanity_rules_of_qemu() -> None:
    authority = Authority.create()
    leaves = {
        authority.issue_server().certificate: ExtendedKeyUsageOID.SERVER_AUTH,
        authority.issue_client().certificate: ExtendedKeyUsageOID.CLIENT_AUTH,
    }
    for leaf, purpose in leaves.items():
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.digital_signature
        assert purpose in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == LIFETIME + BACKDATE
        assert leaf.not_valid_before_utc < dt.datetime.now(dt.UTC) - BACKDATE / 2
    root = authority.identity.certificate
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).critical
    assert root.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


@pytest.mark.interop
@pytest.mark.parametrize("key_type", ["p256", "ed25519", "rsa2048"])
@pytest.mark.parametrize("program", ["openssl", "certtool"])
def test_openssl_and_gnutls_verify_a_chain(tmp_path: Path, program: str, key_type: KeyType) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is absent")
    root = Authority.create()
    leaf = root.issue_authority("middle").issue_server(["a.example"], key_type=key_type)
    (tmp_path / "root").write_bytes(root.identity.certificate_pem())
    (tmp_path / "leaf").write_bytes(leaf.certificate_pem())
    commands = {
        "openssl": "openssl verify -x509_strict -purpose sslserver -verify_hostname a.example "
        "-CAfile root -untrusted leaf leaf",
        "certtool": "certtool --verify --load-ca-certificate root --infile leaf --verify-hostname a.example",
    }
    done = subprocess.run(
        commands[program].split(), cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
