from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from iochan.cli.main import main
from iochan.tls.pki import init_directory


def creds(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["creds", *map(str, arguments)])
    return done.exit_code, done.output


def test_a_directory_is_kept_up_from_the_command_line(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    init_directory(pki)
    assert creds("renew", pki) == (0, f"{pki / 'server-cert.pem'}\n{pki / 'client-cert.pem'}\n")
    assert creds("psk", pki, "alice") == (0, f"{pki / 'keys.psk'}\n")
    assert creds("check", pki)[0] == 0
    assert creds("revoke", pki, pki / "client-cert.pem") == (0, f"{pki / 'ca-crl.pem'}\n")
    code, told = creds("check", pki)
    assert code == 1
    assert "it was revoked by" in told
    code, told = creds("psk", pki, "alice")
    assert code == 1
    assert "has a key already" in told
