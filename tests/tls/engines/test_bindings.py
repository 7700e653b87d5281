from __future__ import annotations

from pathlib import Path

import pytest
from cffi import FFI

from iochan.authz.simple import SimpleAuthz
from iochan.channels.unix import socketpair
from iochan.core.errors import PeerRejected, RemoteProtocolError
from iochan.core.op import run
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

OURS = Settings(engine="bindings")


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def test_a_refused_clients_error_holds_no_memory_that_c_points_into(pki: ThrowAwayPki) -> None:
    # The collector would take such memory away under C's hands when the error stands in a cycle.
    near, far = socketpair()
    client = near.tls_client(X509Creds(pki.dir, "client", settings=OURS), hostname="localhost")
    server = far.tls_server(
        X509Creds(pki.dir, "server", settings=OURS), authz=SimpleAuthz("CN=somebody else")
    )
    with client, server:
        with pytest.raises(PeerRejected):
            blocking(server.handshake_op(), client.handshake_op())
        with pytest.raises(RemoteProtocolError) as caught:
            run(client.read_op())
    trace = caught.tb
    while trace is not None:
        held = [value for value in trace.tb_frame.f_locals.values() if isinstance(value, FFI().CData)]
        assert not [value for value in held if " buffer " in repr(value)]
        if trace.tb_next is None:
            break
        trace = trace.tb_next
