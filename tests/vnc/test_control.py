from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from iochan.channels.unix import socketpair
from iochan.secret.value import Secret
from iochan.vnc.client import VncClient
from iochan.vnc.clientmessage import KeyEvent, PointerEvent
from iochan.vnc.control import Control
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.login import Credentials
from iochan.vnc.security import Access, Security, Users
from iochan.vnc.server import VncServer
from iochan.vnc.servermessage import Bell
from tests.vnc.notes import Notes

WORD = Secret(b"sesame")
USERS = Users({"ann": (WORD, Access.FULL), "bob": (WORD, Access.FULL), "eve": (WORD, Access.VIEW)})
SECONDS = 20.0


def desktop(idle: float) -> tuple[VncServer, Notes]:
    heard = Notes()
    server = VncServer(Framebuffer(20, 10), heard, security=Security(logins=USERS, protected=True), name="vm")
    server.control = Control(idle)
    return server, heard


def noted(desk: Notes) -> list[tuple[str | None, object]]:
    return list(zip(desk.users, desk.heard, strict=True))


@contextmanager
def viewer(server: VncServer, user: str) -> Iterator[VncClient]:
    near, far = socketpair()
    thread = threading.Thread(target=server.serve, args=(far,))
    thread.start()
    with VncClient.connect(near, Credentials(WORD, user, protected=True)) as client:
        yield client
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_the_first_who_acts_has_control_until_it_leaves() -> None:
    server, desk = desktop(math.inf)
    with viewer(server, "bob") as bob:
        with viewer(server, "ann") as ann:
            bob.pointer(3, 4)
            bob.set_cut_text("not yet")
            bob.screenshot(SECONDS)
            ann.pointer(1, 2, 1)
            ann.key(0x61, down=True)
            ann.screenshot(SECONDS)
            bob.key(0x62, down=True)
            bob.key(0x62, down=False)
            bob.request(incremental=False)
            assert isinstance(bob.receive(SECONDS), Bell)
            bob.screenshot(SECONDS)
            ann.screenshot(SECONDS)
            assert ann.desktop.name == "vm (you have control, bob waits)"
            assert bob.desktop.name == "vm (ann has control)"
            assert noted(desk) == [("ann", PointerEvent(1, 1, 2)), ("ann", KeyEvent(True, 0x61))]
        assert noted(desk)[2:] == [("ann", KeyEvent(False, 0x61)), ("ann", PointerEvent(0, 1, 2))]
        bob.key(0x63, down=True)
        bob.pointer(5, 6)
        bob.set_cut_text("mine")
        bob.screenshot(SECONDS)
        assert bob.desktop.name == "vm (you have control)"
        assert noted(desk)[4:6] == [("bob", KeyEvent(True, 0x63)), ("bob", PointerEvent(0, 5, 6))]
        assert noted(desk)[6:] == [("bob", "mine")]


def test_who_is_idle_loses_control_to_who_acts_next() -> None:
    server, desk = desktop(0)
    with viewer(server, "ann") as ann, viewer(server, "bob") as bob:
        ann.key(0xFFE1, down=True)
        ann.screenshot(SECONDS)
        bob.key(0x62, down=True)
        bob.screenshot(SECONDS)
        ann.key(0xFFE1, down=False)  # whose press was undone already
        ann.screenshot(SECONDS)
        assert ann.desktop.name == "vm (bob has control)"
    assert noted(desk) == [
        ("ann", KeyEvent(True, 0xFFE1)),
        ("ann", KeyEvent(False, 0xFFE1)),
        ("bob", KeyEvent(True, 0x62)),
        ("bob", KeyEvent(False, 0x62)),
    ]


def test_who_may_only_look_never_has_control() -> None:
    server, desk = desktop(0)
    with viewer(server, "eve") as eve:
        eve.key(0x61, down=True)
        eve.pointer(1, 1, 1)
        eve.screenshot(SECONDS)
        assert eve.desktop.name == "vm"
    assert server.control is not None
    assert server.control.holder is None
    assert noted(desk) == []


def test_control_can_be_taken_away() -> None:
    server, _ = desktop(math.inf)
    with viewer(server, "ann") as ann:
        ann.key(0x61, down=True)
        ann.screenshot(SECONDS)
        assert server.control is not None
        with server.framebuffer.lock:
            server.control.release()
        ann.screenshot(SECONDS)
        assert ann.desktop.name == "vm"
