from __future__ import annotations

from functools import partial

import pytest

from iochan.chardev import password
from iochan.chardev.entrance import Entrance
from iochan.chardev.password import MAX_PASSWORD
from iochan.chardev.role import Access, Role
from iochan.chardev.session import Front
from iochan.core.errors import AddressError, LimitExceeded, PeerRejected, SecretError
from iochan.objects import ObjectStore
from iochan.secret.value import Secret
from tests.chardev.world import Client, World, drain

ENTRANCE = Entrance("null:", admin_password="boss", writer_password="staff")


def front() -> Front:
    objects = ObjectStore()
    objects.add("secret,id=boss,data=top")
    objects.add("secret,id=staff,data=tool")
    return ENTRANCE.front(objects)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(password, "_PENALTY", 0.0)
    return World()


def typed(world: World, client: Client, data: bytes) -> bytes:
    client.channel.write_all(data)
    world.settle()
    (client.session,) = world.hub.sessions.values() or (None,)
    return client.read()


@pytest.mark.parametrize(
    ("line", "role"),
    [
        (b"top\r\n", Role.ADMIN),
        (b"tool\r", Role.WRITER),
        (b"tu\x7fop\b\bool\n", Role.WRITER),
        (b"top\r\0", Role.ADMIN),
    ],
)
def test_the_password_gives_the_role(world: World, line: bytes, role: Role) -> None:
    with world:
        world.say(b"secret past\n")
        client = world.join(front())
        assert not world.hub.sessions
        assert client.read() == b"\r\npassword: "
        assert typed(world, client, line) == b"\r\npassword: \r\nsecret past\n"
        assert client.session is not None
        assert client.session.role is role
        assert world.typed(client, b"ls\r") == b"ls\r"


def test_it_may_come_in_pieces_and_what_stands_behind_it_is_typed(world: World) -> None:
    with world:
        client = world.join(front())
        for byte in b"too":
            typed(world, client, bytes((byte,)))
        assert world.hub.joined == 0
        typed(world, client, b"l\rls\r")
        assert drain(world.device) == b"ls\r"


def test_three_wrong_ones_are_enough(world: World) -> None:
    with world:
        client = world.join(front())
        assert b"no role" not in typed(world, client, b"a\rb\r")
        got = typed(world, client, b"\r")
        assert got.count(b"password: ") == 3
        assert b"you have no role here" in got
        assert client.task.finished
        with pytest.raises(PeerRejected, match="3 wrong passwords"):
            client.task.result()


def test_who_leaves_or_says_too_much_is_out(world: World) -> None:
    with world:
        gone, loud = world.join(front()), world.join(front())
        gone.channel.abort()
        typed(world, loud, b"x" * (MAX_PASSWORD + 1))
        with pytest.raises(PeerRejected, match="left without a password"):
            gone.task.result()
        with pytest.raises(LimitExceeded, match="sent more than 1024 bytes"):
            loud.task.result()


def test_who_gives_none_in_time_is_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "LOGIN_SECONDS", 0.0)
    with world:
        client = world.join(front())
        with pytest.raises(PeerRejected, match="no password within"):
            client.task.result()


def test_what_is_wrong_with_an_entrance_is_told_at_once() -> None:
    with pytest.raises(SecretError, match="no secret 'boss'"):
        ENTRANCE.front(ObjectStore())
    with pytest.raises(AddressError, match="a password, and no objects"):
        ENTRANCE.front(None)
    with pytest.raises(AddressError, match="leave one of them out"):
        Entrance("null:", default="observer", writer_password="x").front(ObjectStore())


def test_the_wait_after_a_wrong_one_is_a_second() -> None:
    with World() as world:
        client = world.join(front())
        assert partial(typed, world, client)(b"wrong\r").count(b"password: ") == 1


def test_by_a_secret_that_is_gone_nobody_comes_in(world: World) -> None:
    def gone() -> Secret:
        message = "no secret 'boss'"
        raise SecretError(message)

    with world:
        client = world.join(
            Front(Access(), passwords={Role.ADMIN: gone, Role.WRITER: lambda: Secret(b"tool")})
        )
        assert typed(world, client, b"top\r").count(b"password: ") == 2
        typed(world, client, b"tool\r")
        assert client.session is not None
        assert client.session.role is Role.WRITER


def test_a_server_that_stops_waits_for_nobody_who_has_no_role(world: World) -> None:
    with world:
        client = world.join(front())
        world.hub.turn_away()
        world.settle()
        assert client.task.finished
        with pytest.raises(PeerRejected, match="left without a password"):
            client.task.result()
