from __future__ import annotations

from pathlib import Path

import pytest
from OpenSSL import SSL

from iochan.testing.pki import ThrowAwayPki
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


@pytest.mark.parametrize("name", ["bindings", "pyopenssl"])
def test_a_context_of_ours_serves_connections_that_are_not_ours(pki: ThrowAwayPki, name: str) -> None:
    ours = Settings(engine=name)
    contexts = (
        X509Creds(pki.dir, "client", settings=ours).context,
        X509Creds(pki.dir, "server", settings=ours).context,
    )
    client, server = (SSL.Connection(context, None) for context in contexts)
    client.set_connect_state()
    server.set_accept_state()
    done = 0
    for _ in range(8):
        for side, other in ((client, server), (server, client)):
            try:
                side.do_handshake()
                done += 1
            except SSL.WantReadError:
                pass
            try:
                other.bio_write(side.bio_read(65536))
            except SSL.WantReadError:
                continue
    assert done
