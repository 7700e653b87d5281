from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iochan.authz.list import ListAuthz
from iochan.authz.rule import Rule
from iochan.channels.unix import socketpair
from iochan.core.errors import PeerRejected
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import Ability
from iochan.tls.creds import MAX_SESSIONS
from iochan.tls.facts import TLS_PEER_NAME, TLS_RESUMED
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

NAME = "CN=throw-away client"

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


@pytest.fixture(params=["NORMAL:-VERS-TLS1.2", "NORMAL:-VERS-TLS1.3"], ids=["1.3", "1.2"])
def meet(
    request: pytest.FixtureRequest, pki: ThrowAwayPki, abilities: frozenset[Ability]
) -> Callable[..., bool | None]:
    client = X509Creds(pki.dir, "client", settings=Settings(request.param, resume=True))
    server = X509Creds(pki.dir, "server")

    def go(hostname: str = "localhost", authz: ListAuthz | None = None, reload: bool = False) -> bool | None:
        if reload:
            client.reload()
        near, far = socketpair()
        mine = near.tls_client(client, hostname=hostname)
        theirs = far.tls_server(server, authz=authz)
        with mine, theirs:
            blocking(theirs.handshake_op(), mine.handshake_op())
            assert (theirs.extra(TLS_PEER_NAME), mine.extra(TLS_PEER_NAME)) == (NAME, "CN=localhost")
            theirs.write_all(b"x")
            assert mine.read() == b"x"
            assert mine.extra(TLS_RESUMED) is theirs.extra(TLS_RESUMED)
            return mine.extra(TLS_RESUMED)

    if Ability.RESUMED not in abilities:
        pytest.skip("the engine cannot tell")
    return go


def test_the_next_session_goes_on_from_the_last_and_both_still_know_each_other(
    meet: Callable[..., bool | None],
) -> None:
    assert [meet(), meet(), meet()] == [False, True, True]


def test_another_host_name_begins_anew(meet: Callable[..., bool | None]) -> None:
    assert [meet(), meet("127.0.0.1"), meet("127.0.0.1"), meet()] == [False, False, True, True]


def test_after_a_reload_it_begins_anew(meet: Callable[..., bool | None]) -> None:
    assert [meet(), meet(reload=True), meet()] == [False, False, True]


def test_who_may_no_longer_come_in_is_refused_when_resuming(meet: Callable[..., bool | None]) -> None:
    authz = ListAuthz([Rule(NAME)])
    assert [meet(authz=authz), meet(authz=authz)] == [False, True]
    authz.delete(NAME)
    with pytest.raises(PeerRejected, match="may not come in"):
        meet(authz=authz)


def test_nothing_is_resumed_unless_it_is_asked_for(pki: ThrowAwayPki) -> None:
    creds = X509Creds(pki.dir, "client")
    assert not creds.resumes
    for index in range(MAX_SESSIONS + 1):
        creds.keep_session(str(index), index, creds.context)
    assert creds.session_of("0") is None
    assert creds.session_of("1") == 1
    assert creds.session_of("1") is None
