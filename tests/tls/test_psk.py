from __future__ import annotations

from pathlib import Path

import pytest

from iochan.authz.base import Authz
from iochan.authz.simple import SimpleAuthz
from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, CredsError, HandshakeError, PeerRejected, RemoteProtocolError
from iochan.objects import ObjectStore
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import TABLE, Ability, engines_with
from iochan.tls.engines.select import ENVIRONMENT
from iochan.tls.facts import TLS_PEER_CERTIFICATE, TLS_PEER_NAME, TLS_VERSION
from iochan.tls.psk import PskCreds
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

KEYS = "qemu:00112233445566778899aabbccddeeff\nfred:ffeeddccbbaa99887766554433221100\n"
ONLY = {"TLSv1.2": "NORMAL:-VERS-TLS1.3", "TLSv1.3": "NORMAL:-VERS-TLS1.2"}


pytestmark = pytest.mark.usefixtures("engine_with_keys")


@pytest.fixture(params=engines_with(Ability.PSK))
def engine_with_keys(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, request.param)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return keys(tmp_path / "psk", KEYS)


def keys(directory: Path, text: str) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "keys.psk").write_text(text)
    return directory


def meet(client: PskCreds, server: PskCreds, authz: Authz | None = None) -> tuple[Channel, Channel]:
    near, far = socketpair()
    return near.tls_client(client), far.tls_server(server, authz=authz)


@pytest.mark.parametrize("version", ONLY)
@pytest.mark.parametrize("user", ["qemu", "fred"])
def test_both_know_the_key_and_the_server_knows_whose_it_is(directory: Path, version: str, user: str) -> None:
    creds = PskCreds(directory, "client", username=user, settings=Settings(ONLY[version]))
    client, server = meet(creds, PskCreds(directory, "server"))
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        assert server.extra(TLS_VERSION) == version
        assert server.extra(TLS_PEER_NAME) == user
        assert client.extra(TLS_PEER_NAME) is None
        assert server.extra(TLS_PEER_CERTIFICATE) is None
        client.write_all(b"hello")
        assert server.read() == b"hello"


@pytest.mark.parametrize("version", ONLY)
@pytest.mark.parametrize(
    "theirs",
    ["qemu:00112233445566778899aabbccddeefe\n", "bob:00112233445566778899aabbccddeeff\n"],
    ids=["another key", "another user"],
)
def test_another_key_or_user_is_refused(tmp_path: Path, directory: Path, version: str, theirs: str) -> None:
    user = theirs.partition(":")[0]
    other = keys(tmp_path / "other", theirs)
    creds = PskCreds(other, "client", username=user, settings=Settings(ONLY[version]))
    client, server = meet(creds, PskCreds(directory, "server"))
    with client, server, pytest.raises((HandshakeError, RemoteProtocolError)):
        blocking(client.handshake_op(), server.handshake_op())


@pytest.mark.parametrize("version", ONLY)
def test_authorisation_is_on_the_users_name(directory: Path, version: str) -> None:
    creds = PskCreds(directory, "client", username="fred", settings=Settings(ONLY[version]))
    client, server = meet(creds, PskCreds(directory, "server"), SimpleAuthz("fred"))
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
    client, server = meet(creds, PskCreds(directory, "server"), SimpleAuthz("qemu"))
    with client, server:
        with pytest.raises(PeerRejected, match="the peer 'fred' may not come in"):
            blocking(server.handshake_op(), client.handshake_op())


def test_a_server_that_shows_a_certificate_and_knows_no_key_is_refused(
    tmp_path: Path, directory: Path
) -> None:
    pki = ThrowAwayPki(tmp_path)
    near, far = socketpair()
    client = near.tls_client(PskCreds(directory, "client"))
    server = far.tls_server(X509Creds(pki.dir, "server", verify_peer=False))
    with client, server, pytest.raises((PeerRejected, HandshakeError)):
        blocking(client.handshake_op(), server.handshake_op())


def test_a_client_that_knows_no_key_is_refused(tmp_path: Path, directory: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    near, far = socketpair()
    client = near.tls_client(X509Creds(pki.dir, "client", verify_peer=False))
    with client, far.tls_server(PskCreds(directory, "server")) as server, pytest.raises(HandshakeError):
        blocking(client.handshake_op(), server.handshake_op())


def test_the_object_has_its_properties_and_every_fault_is_told(directory: Path, tmp_path: Path) -> None:
    objects = ObjectStore()
    objects.add(f"tls-creds-psk,id=a,endpoint=server,dir={directory},priority=NORMAL")
    objects.add(f"tls-creds-psk,id=b,dir={directory},username=fred")
    with pytest.raises(CredsError, match="username is for a client"):
        objects.add(f"tls-creds-psk,id=c,endpoint=server,dir={directory},username=fred")
    with pytest.raises(CredsError, match="no key of user 'bob': add one"):
        objects.add(f"tls-creds-psk,id=d,dir={directory},username=bob")
    with pytest.raises(CredsError, match=r"keys\.psk: does not exist"):
        PskCreds(tmp_path, "client")
    with pytest.raises(AddressError, match="no dir"):
        objects.add("tls-creds-psk,id=e")
    assert KEYS[5:20] not in repr(objects.get("a", PskCreds))


def test_a_reload_takes_new_keys_and_a_bad_file_changes_nothing(directory: Path) -> None:
    creds = PskCreds(directory, "server")
    before = creds.context
    keys(directory, "qemu:xx")
    with pytest.raises(CredsError, match="not in hex"):
        creds.reload()
    assert creds.context is before
    keys(directory, "new:00112233445566778899aabbccddeeff\n")
    creds.reload()
    client, server = meet(PskCreds(directory, "client", username="new"), creds)
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        assert server.extra(TLS_PEER_NAME) == "new"


@pytest.mark.parametrize("name", [name for name in TABLE if Ability.PSK not in TABLE[name]])
@pytest.mark.parametrize("endpoint", ["client", "server"])
def test_an_engine_without_such_keys_says_so(directory: Path, name: str, endpoint: str) -> None:
    with pytest.raises(
        CredsError, match=f"engine {name} has no pre-shared keys: do without, or take bindings"
    ):
        PskCreds(directory, endpoint, settings=Settings(engine=name))
