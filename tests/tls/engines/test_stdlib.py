from __future__ import annotations

from pathlib import Path

import pytest

from iochan.core.errors import CredsError
from iochan.testing.pki import ThrowAwayPki
from iochan.tls import Session
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds
from tests.tls.handshake import shake

OURS = Settings(engine="ssl")


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def test_a_goodbye_loses_no_bytes_that_came_before_it(pki: ThrowAwayPki) -> None:
    client = Session.client(X509Creds(pki.dir, "client", settings=OURS), hostname="localhost")
    server = Session.server(X509Creds(pki.dir, "server", settings=OURS))
    shake(client, server)
    wire = client.write(b"unread " * 5000) + client.write(b"end")
    server.receive(wire[:-5])
    client.receive(server.end())
    assert client.read() == b""
    server.receive(wire[-5:])
    got = b""
    while (piece := server.read()) is not None:
        got += piece
    assert got == b"unread " * 5000 + b"end"
    server.receive(client.end())
    assert server.read() == b""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            Settings("TLS_AES_128_GCM_SHA256", engine="ssl"),
            "has no choice of TLS 1.3 suites: do without, or take",
        ),
        (Settings("SECURE256", engine="ssl"), "has no choice of groups"),
        (Settings("NO-SUCH-CIPHER", engine="ssl"), "OpenSSL knows none of it"),
        (Settings(alpn=("\u00fc",), engine="ssl"), "takes ASCII only"),
        (Settings(alpn=("",), engine="ssl"), "ALPN name '' is none"),
    ],
)
def test_what_it_cannot_do_is_refused_when_it_is_loaded(
    pki: ThrowAwayPki, settings: Settings, told: str
) -> None:
    with pytest.raises(CredsError, match=told):
        X509Creds(pki.dir, "client", settings=settings)
