"""Application protocols that have nothing in common (RFC 7301, 3.2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.errors import ChannelError, ProtocolError
from iochan.core.op import Op
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import Ability
from iochan.tls.facts import TLS_ALPN
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

VERSIONS = ["NORMAL:-VERS-TLS1.2", "NORMAL:-VERS-TLS1.3"]


def meet(
    directory: Path, priority: str, ours: tuple[str, ...], theirs: tuple[str, ...]
) -> tuple[Channel, Channel]:
    pki = ThrowAwayPki(directory)
    near, far = socketpair()
    creds = X509Creds(pki.dir, "client", settings=Settings(priority, alpn=ours))
    accepting = X509Creds(pki.dir, "server", verify_peer=False, settings=Settings(alpn=theirs))
    return near.tls_client(creds, hostname="localhost"), far.tls_server(accepting)


def failure_op(channel: Channel) -> Op[str]:
    """Do the handshake and read, and return what came of it in words; the channel is closed then."""
    try:
        yield from channel.handshake_op()
        return repr((yield from channel.read_op()))
    except (ProtocolError, ChannelError) as error:
        return str(error)
    finally:
        channel.abort()


@pytest.mark.parametrize("priority", VERSIONS, ids=["1.3", "1.2"])
def test_a_server_without_any_that_is_offered_refuses_and_both_say_which(
    tmp_path: Path, abilities: frozenset[Ability], priority: str
) -> None:
    client, server = meet(tmp_path, priority, ("nbd", "x"), ("h2", "http/1.1"))
    if Ability.ALPN_REFUSED not in abilities:
        # The server's program is told nothing by Python's ssl, and so is the client.
        with client, server:
            blocking(client.handshake_op(), server.handshake_op())
            assert client.extra(TLS_ALPN) is server.extra(TLS_ALPN) is None
        return
    theirs, ours = blocking(failure_op(server), failure_op(client))
    assert theirs == (
        "the client offers none of our application protocols ('h2', 'http/1.1'): set alpn alike on both sides"
    )
    if Ability.ALPN_ALERT in abilities:
        assert ours == (
            "the server has none of the application protocols that we offer ('nbd', 'x'): "
            "set alpn alike on both sides"
        )
    else:
        # It ends; how depends on what was under way.
        assert re.search("was cut|ended the connection|connection reset|broken pipe", ours)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("ours", "theirs"), [((), ("h2",)), (("nbd",), ()), ((), ())])
def test_a_side_that_says_nothing_of_them_is_no_misfit(
    tmp_path: Path, ours: tuple[str, ...], theirs: tuple[str, ...]
) -> None:
    client, server = meet(tmp_path, "NORMAL", ours, theirs)
    with client, server:
        blocking(client.handshake_op(), server.handshake_op())
        assert client.extra(TLS_ALPN) is server.extra(TLS_ALPN) is None
