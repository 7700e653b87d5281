"""Many TLS conversations at once over small buffers, and two threads on one session."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from random import Random

import pytest

from iochan.aio import arun, run_async
from iochan.channels.unix import UnixChannel
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.layers.fault import StutterLayer
from iochan.testing.contract import pattern
from iochan.testing.drivers import blocking
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.x509 import X509Creds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

CONVERSATIONS = 300
MESSAGES = 100_000
SMALL = 4096


@pytest.fixture(scope="module")
def creds(tmp_path_factory: pytest.TempPathFactory) -> tuple[X509Creds, X509Creds]:
    pki = ThrowAwayPki(tmp_path_factory.mktemp("pki"))
    return X509Creds(pki.dir, "client"), X509Creds(pki.dir, "server")


def small_pair() -> tuple[UnixChannel, UnixChannel]:
    """Return a socket pair whose buffers hold about 4 kB."""
    ends = socket.socketpair()
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    return UnixChannel(ends[0]), UnixChannel(ends[1])


def send_op(channel: Channel, data: bytes, random: Random) -> Op[None]:
    view = memoryview(data)
    while view:
        size = random.choice((1, 100, 3000, 20_000))
        yield from channel.write_all_op(view[:size])
        view = view[size:]


def test_three_hundred_full_duplex_conversations_end_with_random_stutters(
    creds: tuple[X509Creds, X509Creds],
) -> None:
    async def talk(number: int) -> None:
        random = Random(number)
        left, right = small_pair()
        lower: tuple[Channel, Channel] = (left, right)
        if number % 2:
            lower = StutterLayer(left, seed=number), StutterLayer(right, seed=-number)
        client = lower[0].tls_client(creds[0], hostname="localhost")
        server = lower[1].tls_server(creds[1])
        there, back = (
            pattern(random.randrange(1, 60_000), number),
            pattern(random.randrange(1, 60_000), -number),
        )
        try:
            await asyncio.gather(arun(client.handshake_op()), arun(server.handshake_op()))
            _, _, came_there, came_back = await asyncio.gather(
                arun(send_op(client, there, random)),
                arun(send_op(server, back, random)),
                arun(server.read_exactly_op(len(there))),
                arun(client.read_exactly_op(len(back))),
            )
            assert came_there == there
            assert came_back == back
        finally:
            client.abort()
            server.abort()

    async def main() -> int:
        await asyncio.gather(*(talk(number) for number in range(CONVERSATIONS)))
        return CONVERSATIONS

    assert run_async(main) == CONVERSATIONS


def test_a_reader_and_a_writer_thread_share_one_session(  # noqa: C901 - four threads, told in one place
    creds: tuple[X509Creds, X509Creds],
) -> None:
    left, right = small_pair()
    client = left.tls_client(creds[0], hostname="localhost")
    server = right.tls_server(creds[1])
    blocking(client.handshake_op(), server.handshake_op())
    failed: list[BaseException] = []

    def write(channel: Channel) -> None:
        for number in range(MESSAGES):
            channel.write_all(number.to_bytes(8, "big") * 8)

    def read(channel: Channel) -> None:
        room = bytearray(64)
        for number in range(MESSAGES):
            channel.readv_all([room])
            assert room == number.to_bytes(8, "big") * 8

    def guarded(work: Callable[[Channel], None], channel: Channel) -> None:
        try:
            work(channel)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)
            client.abort()
            server.abort()

    threads = [
        threading.Thread(target=guarded, args=(work, end))
        for work in (write, read)
        for end in (client, server)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.abort()
    server.abort()
    assert not failed
