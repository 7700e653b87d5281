from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from iochan.aio import AsyncChannel, AsyncioLoop, arun, connect, run_async, serve
from iochan.aio.serve import Limits
from iochan.chardev.aio import AsyncConsole
from iochan.chardev.apply import LiveObjects, apply_config
from iochan.chardev.config import Config, ConsoleConfig, parse_config
from iochan.chardev.entrance import Entrance, read_role
from iochan.chardev.metrics import ask_consoles_op, serve_metrics
from iochan.chardev.options import ChardevStore
from iochan.chardev.role import Role
from iochan.chardev.server import ConsoleServer
from iochan.core.errors import AddressError, RemoteProtocolError

TCP = Entrance("tcp://127.0.0.1:0")
CAT = "pty,command=sh -c 'stty raw -echo; echo ready; exec cat'"


def consoles(**devices: str) -> dict[str, ConsoleConfig]:
    store = ChardevStore()
    for name, text in devices.items():
        store.add(f"{text},id={name}")
    return {name: ConsoleConfig(backend, (TCP,)) for name, backend in store.backends.items()}


def in_server(body: Callable[[ConsoleServer, LiveObjects], Awaitable[None]]) -> None:
    """Run *body* with a server, which is closed whatever happens."""

    async def main() -> None:
        objects = LiveObjects()
        server = ConsoleServer(AsyncioLoop(), objects, Limits(grace_seconds=0.2))
        async with AsyncExitStack() as stack:
            stack.push_async_callback(server.close_all)
            await body(server, objects)

    run_async(main)


def where(server: ConsoleServer, name: str, door: int = 0) -> str:
    return server.consoles[name].doors[door].addresses[0]


def test_a_console_is_reached_at_its_door() -> None:
    async def body(server: ConsoleServer, _: LiveObjects) -> None:
        assert await apply_config(server, Config(consoles(c0=CAT))) == []
        async with await connect(where(server, "c0")) as channel:
            console = AsyncConsole(channel)
            await console.expect("ready\n")
            await console.send(b"abc")
            await console.expect("abc")

    in_server(body)


def test_a_new_configuration_keeps_the_clients_of_what_stays() -> None:
    async def body(server: ConsoleServer, _: LiveObjects) -> None:
        first = consoles(stays=CAT, goes=CAT, changes=CAT)
        assert await apply_config(server, Config(first)) == []
        staying = await connect(where(server, "stays"))
        going, changing = await connect(where(server, "goes")), await connect(where(server, "changes"))
        kept, again = server.consoles["stays"], server.consoles["changes"]
        second = consoles(stays=CAT, changes=CAT + ",scrollback=1K", comes=CAT)
        more = Entrance("tcp://127.0.0.1:0", default="observer")
        second["stays"] = ConsoleConfig(second["stays"].backend, (TCP, more))
        assert await apply_config(server, Config(second)) == []
        assert list(server.consoles) == ["stays", "changes", "comes"]
        assert server.consoles["stays"] is kept
        assert server.consoles["changes"] is not again
        console = AsyncConsole(staying)
        await console.expect("ready\n")
        await console.send(b"still here")
        await console.expect("still here")
        async with await connect(where(server, "stays", 1)) as late:
            await AsyncConsole(late).expect("you may look, and not write")
        for gone in (going, changing):
            await AsyncConsole(gone).expect("the server stops")
            gone.abort()
        await staying.close()

    in_server(body)


def test_what_cannot_be_had_is_told_and_the_rest_is_done() -> None:
    async def body(server: ConsoleServer, _: LiveObjects) -> None:
        wanted = consoles(good="null", bad="null", worse="null,logfile=/no/such/log")
        wanted["bad"] = ConsoleConfig(wanted["bad"].backend, (TCP, Entrance("unix:///no/such/place")))
        failed = await apply_config(server, Config(wanted))
        assert [line.split(":")[0] for line in failed] == ["console bad", "console worse"]
        assert list(server.consoles) == ["good"]
        with pytest.raises(AddressError, match="console 'good' is there already"):
            await server.open("good", wanted["good"].backend, ())

    in_server(body)


def test_objects_change_as_a_whole_or_not_at_all() -> None:
    objects = LiveObjects(("authz-simple,id=a,identity=x",))
    with pytest.raises(AddressError):
        objects.set(("authz-simple,id=b,identity=x", "nonsense,id=c"))
    assert objects.get("a", object) is not None
    objects.set(("authz-simple,id=b,identity=x",))
    with pytest.raises(AddressError, match="no object 'a'"):
        objects.get("a", object)


def test_an_entrance_with_a_list_lets_in_nobody_else() -> None:
    objects = LiveObjects(("authz-simple,id=me,identity=uid=0", "authz-simple,id=no,identity=x"))
    front = Entrance("null:", admin="me", observer="no").front(objects)
    assert front.access is not None
    assert read_role("admin") is Role.ADMIN
    with pytest.raises(AddressError, match="a list of observers, and no objects"):
        Entrance("null:", observer="no").front(None)
    with pytest.raises(AddressError, match="role 'boss' is none"):
        Entrance("null:", default="boss")


def test_roles_come_by_the_user_at_a_unix_socket(tmp_path: Path) -> None:
    import os  # noqa: PLC0415 - for the one number

    config = parse_config(
        f"""
        objects = ["authz-simple,id=me,identity=uid={os.getuid()}", "authz-simple,id=other,identity=uid=4242"]
        [console.c0]
        chardev = "null"
        listen = [
          {{ address = "unix://{tmp_path}/a", admin = "me" }},
          {{ address = "unix://{tmp_path}/b", admin = "other" }},
        ]
        """.encode()
    )

    async def body(server: ConsoleServer, objects: LiveObjects) -> None:
        objects.set(config.objects)
        assert await apply_config(server, config) == []
        async with await connect(f"unix://{tmp_path}/a") as channel:
            console = AsyncConsole(channel)
            await console.send(b"\x01w")
            await console.expect("(admin), writes, you")
        async with await connect(f"unix://{tmp_path}/b") as channel:
            await AsyncConsole(channel).expect("you have no role here")

    in_server(body)


def test_the_counters_count() -> None:
    async def body(server: ConsoleServer, _: LiveObjects) -> None:
        await apply_config(server, Config(consoles(c0=CAT)))

        async def answer(channel: AsyncChannel) -> None:
            await serve_metrics(server, channel)

        async with (
            serve("tcp://127.0.0.1:0", answer) as service,
            await connect(where(server, "c0")) as client,
        ):
            console = AsyncConsole(client)
            await console.expect("ready\n")
            await console.send(b"12345")
            await console.expect("12345")
            (address,) = service.listener.addresses
            text = await ask(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n" in text
            assert b'iochan_console_up{console="c0"} 1\n' in text
            assert b'iochan_console_clients{console="c0"} 1\n' in text
            assert b'iochan_console_typed_bytes_total{console="c0"} 5\n' in text
            assert b'iochan_console_device_bytes_total{console="c0"} 11\n' in text
            assert b"404 Not Found" in await ask(address, b"GET / HTTP/1.0\r\n\r\n")
            assert (await ask(address, b"HEAD /consoles HTTP/1.0\n\n")).endswith(b"close\r\n\r\n")
            async with await connect(address) as channel:
                (one,) = await arun(ask_consoles_op(channel.channel))
            assert (one["console"], one["kind"], one["state"], one["writes"]) == ("c0", "pty", "up", 1)
            assert json.dumps(one["clients"]).count("writer") == 1
            assert await ask(address, b"x" * 9000) == b""

    in_server(body)


async def ask(address: str, request: bytes) -> bytes:
    channel = await connect(address)
    got = b""
    try:
        await channel.write_all(request)
        while piece := await channel.read():
            got += piece
    except ConnectionError:
        pass
    finally:
        channel.abort()
    return got


def test_an_answer_of_something_else_is_refused() -> None:
    async def nonsense(channel: AsyncChannel) -> None:
        await channel.read()
        await channel.write_all(b"SSH-2.0-x\r\n")

    async def main() -> None:
        async with serve("tcp://127.0.0.1:0", nonsense) as service:
            async with await connect(service.listener.addresses[0]) as channel:
                with pytest.raises(RemoteProtocolError, match=r"SSH-2.0-x.*give the address of --metrics"):
                    await arun(ask_consoles_op(channel.channel))

    run_async(main)


def test_a_ring_shows_everyone_what_anyone_writes_and_keeps_the_last_of_it() -> None:
    async def body(server: ConsoleServer, _: LiveObjects) -> None:
        assert await apply_config(server, Config(consoles(r="ringbuf,size=8,shared=on"))) == []
        async with await connect(where(server, "r")) as one, await connect(where(server, "r")) as two:
            await one.write_all(b"0123456789\nabcdefg\n")
            await AsyncConsole(two).expect("abcdefg\n")
            async with await connect(where(server, "r")) as late:
                assert await late.read() == b"abcdefg\n"

    in_server(body)


def test_clients_that_reset_at_once_end_nothing() -> None:
    async def body(server: ConsoleServer, _: LiveObjects) -> None:
        assert await apply_config(server, Config(consoles(c0=CAT))) == []
        port = int(where(server, "c0").rpartition(":")[2])
        for _number in range(5):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        async with await connect(where(server, "c0")) as channel:
            await AsyncConsole(channel).expect("ready\n")

    in_server(body)
