from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.core.opening import connect, connect_op, listen
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.relay import Relay, RelayLimits


@contextmanager
def relaying(
    target: str, limits: RelayLimits, wrap: Callable[[Channel], Channel] | None = None
) -> Iterator[tuple[Relay, str]]:
    """Run a relay to *target* in a thread until it is done."""
    loop = PollLoop()
    listener = listen("tcp://127.0.0.1:0")
    (address,) = listener.addresses

    def dial(client: Channel) -> Op[tuple[Channel, Channel]]:
        return client, (yield from connect_op(target))

    relay = Relay(loop, listener, dial, wrap=wrap, limits=limits)
    bell, rope = socketpair()

    def stop_op() -> Op[None]:
        yield from bell.read_op(1)
        relay.abort()

    stopper = Task(loop, stop_op())
    relay.on_done = stopper.cancel
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield relay, address
    finally:
        rope.abort()
        thread.join(10)
        bell.abort()
        assert not thread.is_alive()


def test_one_client_is_joined_with_the_target_and_then_it_ends() -> None:
    with listen("tcp://127.0.0.1:0") as target:
        with relaying(target.addresses[0], RelayLimits(once=True)) as (relay, address):
            with connect(address) as client, target.accept(5) as server:
                client.write_all(b"there")
                assert server.read_exactly(5) == b"there"
                server.write_all(b"and back")
                assert client.read_exactly(8) == b"and back"
                client.write_eof()
                assert server.read() == b""
                server.write_all(b"late")
                server.write_eof()
                assert client.read_exactly(4) == b"late"
                assert client.read() == b""
        assert (relay.accepted, relay.failed, relay.active) == (1, 0, 0)
        assert (relay.forward.count, relay.backward.count) == (5, 12)
        assert relay.done


def test_a_target_that_refuses_counts_as_a_failure_and_the_client_is_closed() -> None:
    with relaying("tcp://127.0.0.1:1", RelayLimits(once=True)) as (relay, address):
        with connect(address) as client:
            assert client.read() == b""
    assert relay.failed == 1
    assert "connection refused" in str(relay.last_error)


def test_more_clients_than_allowed_wait_their_turn() -> None:
    with listen("tcp://127.0.0.1:0") as target:
        with relaying(target.addresses[0], RelayLimits(connections=1)) as (relay, address):
            first, second = connect(address), connect(address)
            with target.accept(5) as server, second:
                first.write_all(b"1")
                assert server.read() == b"1"
                assert relay.active == 1
                first.close()
                server.close()
                with target.accept(5) as next_server:
                    second.write_all(b"2")
                    assert next_server.read() == b"2"
            assert relay.accepted == 2


@pytest.mark.parametrize("served", [False, True], ids=["idle", "serving"])
def test_an_abort_ends_all_at_once(served: bool) -> None:
    loop = PollLoop()
    listener = listen("tcp://127.0.0.1:0")

    def dial(client: Channel) -> Op[tuple[Channel, Channel]]:
        return client, (yield from connect_op("exec:cat"))

    relay = Relay(loop, listener, dial)
    client = connect(listener.addresses[0]) if served else None
    while served and relay.active == 0:
        loop.turn(1.0)
    relay.abort()
    loop.run()
    assert relay.done
    if client is not None:
        assert client.read() == b""
        client.abort()


def test_a_client_that_cannot_be_wrapped_is_closed_and_others_are_served() -> None:
    with listen("tcp://127.0.0.1:0") as target:
        calls: list[Channel] = []

        def wrap(channel: Channel) -> Channel:
            calls.append(channel)
            if len(calls) == 1:
                message = "no space left on the tape"
                raise OSError(message)
            return channel

        with relaying(target.addresses[0], RelayLimits(), wrap=wrap) as (relay, address):
            with connect(address) as first:
                assert first.read() == b""
            with connect(address) as second, target.accept(5) as server:
                second.write_all(b"x")
                assert server.read() == b"x"
            assert relay.failed == 1
