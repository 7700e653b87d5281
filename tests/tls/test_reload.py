from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from iochan import aio
from iochan.channels.unix import socketpair
from iochan.objects import ObjectStore
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.facts import TLS_PEER_CERTIFICATE
from iochan.tls.x509 import X509Creds

RELOADS, EACH = 50, 4


def replace_server(pki: ThrowAwayPki) -> int:
    """Put a new certificate into place, and return its serial number."""
    made = pki.authority.issue_server(["localhost"])
    for name, data in (("server-cert.pem", made.certificate_pem()), ("server-key.pem", made.key_pem())):
        new = pki.dir / f"{name}.new"
        new.touch(0o600)
        new.write_bytes(data)
        new.rename(pki.dir / name)
    return made.certificate.serial_number


async def echo(channel: aio.AsyncChannel) -> None:
    while data := await channel.read():
        await channel.write_all(data)


async def scenario(pki: ThrowAwayPki) -> tuple[int, int, int, int]:
    """Connect under reloads; return how many were accepted and failed, saw the new certificate, and echo."""
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=tls0,endpoint=server,dir={pki.dir},verify-peer=off")
    objects.add(f"tls-creds-x509,id=tls1,endpoint=client,dir={pki.dir}")
    creds = objects.get("tls0", X509Creds)
    opened: list[tuple[aio.AsyncChannel, int]] = []
    async with aio.serve("tls+tcp://127.0.0.1:0?tls.creds=tls0", echo, objects=objects) as server:
        address = f"{server.listener.addresses[0]}?tls.creds=tls1&tls.hostname=localhost"
        for _ in range(RELOADS):
            serial = replace_server(pki)
            creds.reload()
            dials = [aio.connect(address, objects=objects) for _ in range(EACH)]
            opened += [(channel, serial) for channel in await asyncio.gather(*dials)]
        fresh = echoed = 0
        for channel, serial in opened:
            certificate = channel.extra(TLS_PEER_CERTIFICATE)
            fresh += certificate is not None and certificate.serial_number == serial
            await channel.write_all(b"still here")
            echoed += await channel.read_exactly(10) == b"still here"
        for channel, _ in opened:
            await channel.close()
        return server.accepted, server.failed, fresh, echoed


@pytest.mark.usefixtures("engine")
@pytest.mark.slow
@pytest.mark.timeout(60)
def test_no_connection_is_lost_by_fifty_reloads_and_new_ones_see_the_new_certificate(tmp_path: Path) -> None:
    total = RELOADS * EACH
    assert asyncio.run(scenario(ThrowAwayPki(tmp_path))) == (total, 0, total, total)


def test_a_handshake_that_had_begun_ends_with_what_it_began_with(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    creds = X509Creds(pki.dir, "server", verify_peer=False)
    near, far = socketpair()
    client = near.tls_client(X509Creds(pki.dir, "client"), hostname="localhost")
    with client, far.tls_server(creds) as server:
        replace_server(pki)
        creds.reload()
        blocking(client.handshake_op(), server.handshake_op())
        certificate = client.extra(TLS_PEER_CERTIFICATE)
        assert certificate == pki.server.certificate
