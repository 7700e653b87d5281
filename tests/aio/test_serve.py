from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from typing_extensions import override

from iochan.aio import AsyncChannel, Limits, arun, serve
from iochan.channels.socket import SocketChannel
from iochan.core import clock
from iochan.core.blocked import Blocked, Pollable
from iochan.core.channel import Channel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError
from iochan.core.listener import Listener
from iochan.core.op import Op


class TcpListener(Listener):
    """A listening socket; *failures* are raised before anything is accepted."""

    __slots__ = ("_blocked", "_failures", "_forgets", "_sock")

    def __init__(self, *failures: OSError) -> None:
        self._sock = socket.create_server(("127.0.0.1", 0))
        self._sock.setblocking(False)
        self._failures = list(failures)
        self._forgets: set[Callable[[Pollable], None]] = set()
        self._blocked = Blocked(((self, Condition.IN),))

    def fileno(self) -> int:
        return self._sock.fileno()

    def on_close(self, forget: Callable[[Pollable], None]) -> None:
        self._forgets.add(forget)

    @override
    def try_accept(self) -> Channel | Blocked:
        if self.fileno() < 0:
            message = "the listener is closed"
            raise ChannelClosedError(message)
        if self._failures:
            raise self._failures.pop(0)
        try:
            return SocketChannel(self._sock.accept()[0])
        except BlockingIOError:
            return self._blocked

    @property
    @override
    def addresses(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self._sock.getsockname()[1]}",)

    @override
    def pause(self) -> None:
        raise NotImplementedError

    @override
    def resume(self) -> None:
        raise NotImplementedError

    @override
    def close(self) -> None:
        if self.fileno() >= 0:
            for forget in self._forgets:
                forget(self)
            self._sock.close()

    def client(self) -> SocketChannel:
        return SocketChannel(socket.create_connection(self._sock.getsockname()))


def run_trio(main: Callable[[], Any]) -> Any:
    return pytest.importorskip("trio").run(main)


@pytest.fixture(params=["asyncio", "trio"])
def start(request: pytest.FixtureRequest) -> Callable[[Callable[[], Any]], Any]:
    return run_trio if request.param == "trio" else lambda main: asyncio.run(main())


Start = Callable[[Callable[[], Awaitable[None]]], None]


async def sleep(seconds: float) -> None:
    def op() -> Op[None]:
        yield Blocked((), clock.now() + seconds)

    await arun(op())


async def until(condition: Callable[[], bool]) -> None:
    deadline = clock.now() + 5
    while not condition():
        assert clock.now() < deadline
        await sleep(0.001)


async def echo(channel: AsyncChannel) -> None:
    while data := await channel.read():
        await channel.write_all(data)


def test_each_connection_has_its_handler(start: Start) -> None:
    async def main() -> None:
        listener = TcpListener()
        async with serve(listener, echo) as server:
            with listener.client() as one, listener.client() as two:
                for client in (one, two):
                    view = AsyncChannel(client)
                    await view.write_all(b"hello")
                    assert await view.read_exactly(5) == b"hello"
                assert (server.accepted, server.active, server.failed) == (2, 2, 0)
            await until(lambda: server.active == 0)
        assert listener.fileno() < 0

    start(main)


def test_leaving_lets_handlers_finish_and_accepts_no_more(start: Start) -> None:
    async def main() -> None:
        listener = TcpListener()
        finished = []

        async def slow(channel: AsyncChannel) -> None:
            await sleep(0.01)
            await channel.write_all(b"done")
            finished.append(True)

        async with serve(listener, slow) as server:
            client = listener.client()
            await until(lambda: server.active == 1)
        assert finished == [True]
        assert client.read_exactly(4) == b"done"
        assert client.read() == b""
        client.close()

    start(main)


def test_handlers_that_outlive_the_grace_are_cancelled(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        listener = TcpListener()
        with contextlib.ExitStack() as stack:
            async with serve(listener, echo, limits=Limits(grace_seconds=0.01)) as server:
                client = stack.enter_context(listener.client())
                await until(lambda: server.active == 1)
            assert server.active == 0
            assert client.read() == b""

    with caplog.at_level(logging.WARNING, "iochan.serve"):
        start(main)
    assert "1 connections still open after 0.01 s of grace" in caplog.text


def test_leaving_with_an_error_cancels_at_once(start: Start) -> None:
    async def main() -> None:
        listener = TcpListener()
        client = listener.client()
        with pytest.raises((KeyError, ExceptionGroup)):  # noqa: PT012 - the block is what is left
            async with serve(listener, echo) as server:
                await until(lambda: server.active == 1)
                raise KeyError
        assert client.read() == b""
        client.close()

    start(main)


def test_an_error_of_one_handler_is_logged_and_ends_nothing_else(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        listener = TcpListener()

        async def handler(channel: AsyncChannel) -> None:
            if await channel.read() == b"bad":
                message = "a defect"
                raise KeyError(message)
            await channel.write_all(b"good")

        async with serve(listener, handler) as server:
            for request, reply in ((b"bad", b""), (b"fine", b"good")):
                with listener.client() as client:
                    view = AsyncChannel(client)
                    await view.write_all(request)
                    assert await view.read() == reply
            assert server.failed == 1

    with caplog.at_level(logging.WARNING, "iochan.serve"):
        start(main)
    assert "the handler failed" in caplog.text
    assert "a defect" in caplog.text


def test_a_peer_silent_in_the_handshake_is_dropped(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    def wait_for_a_greeting(channel: Channel) -> Op[Channel]:
        assert (yield from channel.read_exactly_op(3)) == b"hi\n"
        return channel

    async def main() -> None:
        listener = TcpListener()
        limits = Limits(handshake_seconds=0.02)
        async with serve(listener, echo, limits=limits, upgrade=wait_for_a_greeting) as server:
            with listener.client() as silent, listener.client() as polite:
                polite.write_all(b"hi\necho")
                assert await AsyncChannel(polite).read_exactly(4) == b"echo"
                assert await AsyncChannel(silent).read() == b""
                assert (server.failed, server.shaking, server.active) == (1, 0, 1)

    with caplog.at_level(logging.WARNING, "iochan.serve"):
        start(main)
    assert "the handshake of socket did not end within 0.02 s" in caplog.text


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Limits(connections=1), "1 connections are open"),
        (Limits(handshakes=1), "1 connections are in their handshake"),
        (Limits(per_peer=1), "10.0.0.1 has 1 connections"),
    ],
)
def test_connections_past_a_cap_are_closed_at_once(
    start: Start, caplog: pytest.LogCaptureFixture, limits: Limits, text: str
) -> None:
    def never(channel: Channel) -> Op[Channel]:
        yield from channel.read_exactly_op(1)
        return channel

    async def main() -> None:
        listener = TcpListener()
        async with serve(
            listener, echo, limits=limits, upgrade=never, peer_of=lambda _: "10.0.0.1"
        ) as server:
            with listener.client() as first:
                await until(lambda: server.active == 1)
                with listener.client() as second:
                    assert await AsyncChannel(second).read() == b""
                assert (server.accepted, server.refused, server.active) == (2, 1, 1)
                first.write_all(b"x")
            await until(lambda: server.active == 0)
            with listener.client():
                await until(lambda: server.active == 1)

    with caplog.at_level(logging.WARNING, "iochan.serve"):
        start(main)
    assert text in caplog.text


def test_running_out_of_descriptors_is_waited_out(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        listener = TcpListener(OSError(24, "Too many open files"))
        async with serve(listener, echo) as server:
            with listener.client():
                await until(lambda: server.accepted == 1)

    with caplog.at_level(logging.WARNING, "iochan.serve"):
        start(main)
    assert "Too many open files; trying again in 0.1 s" in caplog.text
