"""What the check of certificates says beyond QEMU's scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from iochan.core.errors import CredsError
from iochan.tls.endpoint import Endpoint
from iochan.tls.finding import Finding, Verdict
from iochan.tls.material import Material
from iochan.tls.sanity import check_material
from iochan.tls.x509 import X509Creds
from tests.tls.certificates import DIGITAL, SIGN, Made, eku, ku, make
from tests.tls.scenarios import root, write


def test_a_self_signed_certificate_always_fails(tmp_path: Path) -> None:
    own = make("own", None, ku(DIGITAL), eku("server"))
    write(tmp_path, "server", ([own], [own]))
    with pytest.raises(CredsError, match="the basic constraints of CN=own say that it is no CA"):
        X509Creds(tmp_path, "server")


def findings(directory: Path, side: str = "server", hostname: str | None = None) -> list[Finding]:
    material = Material.from_directory(directory, Endpoint(side))
    return [one for one in check_material(material, hostname=hostname) if one.verdict is not Verdict.FINE]


def test_perfect_certificates_have_nothing_to_be_said_against_them(tmp_path: Path) -> None:
    own = make("own", root(), ku(DIGITAL), eku("server"), names=["localhost"])
    write(tmp_path, "server", ([root()], [own]))
    assert findings(tmp_path, hostname="localhost") == []


@pytest.mark.parametrize(
    ("own", "field", "cure"),
    [
        (make("own", root(), names=["a"], days=(-9, 9.5)), "expiry", "renew it now"),
        (make("own", root()), "subject alternative name", "reissue it with the server's names"),
        (make("own", root(), ku(SIGN, critical=False), names=["a"]), "key usage", "digitalSignature"),
        (make("own", root(), eku("client", critical=False), names=["a"]), "extended key usage", "serverAuth"),
    ],
    ids=["expiry", "names", "usage", "purpose"],
)
def test_what_others_may_stumble_over_is_a_warning(tmp_path: Path, own: Made, field: str, cure: str) -> None:
    write(tmp_path, "server", ([root()], [own]))
    (found,) = findings(tmp_path)
    assert (found.verdict, found.field) == (Verdict.WARNING, field)
    assert cure in found.cure
    assert found.file == str(tmp_path / "server-cert.pem")


def test_warnings_go_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "server", ([root()], [make("own", root(), names=["a"], days=(-9, 9.5))]))
    X509Creds(tmp_path, "server")
    (record,) = caplog.records
    assert "in 9 days: renew it now" in record.getMessage()


@pytest.mark.parametrize(
    ("hostname", "good"), [("a.example", True), ("b.example", False), ("192.0.2.1", True), ("::1", False)]
)
def test_a_host_name_is_checked_as_a_client_would(tmp_path: Path, hostname: str, good: bool) -> None:
    own = make("own", root(), names=["a.example", "192.0.2.1"])
    write(tmp_path, "server", ([root()], [own]))
    found = findings(tmp_path, hostname=hostname)
    assert [one.field for one in found] == ([] if good else ["host name"])
    assert findings(write(tmp_path, "client", ([root()], [own])), "client", hostname) == []


def test_an_authority_that_was_renewed_under_its_name_is_found_by_its_key(tmp_path: Path) -> None:
    old = make("root", None, ku(SIGN), ca=True)
    write(tmp_path, "server", ([old, root()], [make("own", root(), names=["a"])]))
    assert findings(tmp_path) == []
