"""Our server and our client against each other: logins, updates, sizes, clipboards and bad viewers."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.errors import HandshakeError, IochanError, PeerRejected
from iochan.core.op import Op, run
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.secret.value import Secret
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.anon import AnonCreds
from iochan.tls.layer import upgrade
from iochan.tls.x509 import X509Creds
from iochan.vnc import codes
from iochan.vnc.client import VncClient
from iochan.vnc.clientmessage import CutText, PointerEvent
from iochan.vnc.errors import LoginFailed, SecurityMismatch
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.lockout import Lockout
from iochan.vnc.login import Credentials
from iochan.vnc.rect import Rect
from iochan.vnc.security import Access, Passwords, Security, Users
from iochan.vnc.server import VncServer
from iochan.vnc.testcard import card_cursor, draw_testcard
from iochan.vnc.vncauth import answer
from tests.vnc.notes import Notes

WORD = Secret(b"sesame12")


def card() -> Framebuffer:
    framebuffer = Framebuffer(100, 80)
    draw_testcard(framebuffer)
    return framebuffer


def meet(server: VncServer, talk: Op[None], channel: Channel) -> BaseException | None:
    """Run *talk* while *server* serves *channel*; return what ended the server's side."""
    loop = PollLoop()
    tasks = [Task(loop, server.serve_op(channel)), Task(loop, talk)]
    loop.run()
    tasks[1].result()
    try:
        tasks[0].result()
    except IochanError as error:
        return error
    return None


def test_a_screenshot_is_what_was_drawn() -> None:
    near, far = socketpair()
    server = VncServer(card(), name="card")
    server.framebuffer.set_cursor(card_cursor())

    def talk() -> Op[None]:
        client = yield from VncClient.connect_op(near)
        assert (client.desktop.name, client.security) == ("card", codes.SECURITY_NONE)
        first = yield from client.screenshot_op()
        assert np.array_equal(first, server.framebuffer.rgb())
        server.framebuffer.copy(Rect(10, 10, 50, 30), 7, 13)
        server.framebuffer.fill(Rect(3, 3, 5, 5), 0xABCDEF)
        yield from client.request_op()
        yield from client.receive_op()
        assert np.array_equal(client.framebuffer.pixels, server.framebuffer.pixels)
        assert client.framebuffer.cursor is not None
        assert client.desktop.scancodes
        yield from client.close_op()

    assert meet(server, talk(), far) is None
    assert not server.sessions


def test_input_comes_to_the_desktop_and_a_viewer_that_only_looks_has_none() -> None:
    for word, heard in ((WORD, 4), (Secret(b"look"), 0)):
        near, far = socketpair()
        notes = Notes()
        server = VncServer(card(), notes, security=Security(Passwords(WORD, Secret(b"look"))))

        def talk(channel: Channel = near, word: Secret = word) -> Op[None]:
            client = yield from VncClient.connect_op(channel, Credentials(word))
            yield from client.key_op(0x61, down=True)
            yield from client.pointer_op(3, 4, 1)
            yield from client.type_op("x")
            yield from client.screenshot_op()
            yield from client.close_op()

        assert meet(server, talk(), far) is None
        assert len(notes.heard) == heard


def test_the_buttons_of_a_larger_mouse_come_to_the_desktop_once_both_ends_know_of_them() -> None:
    near, far = socketpair()
    notes = Notes()
    server = VncServer(card(), notes)

    def talk() -> Op[None]:
        client = yield from VncClient.connect_op(near)
        yield from client.pointer_op(1, 2, 256 | 4)  # before the server has said that it takes them
        yield from client.screenshot_op()
        assert client.desktop.extended_mouse
        for buttons in (256 | 1, 128, 127, 0):
            yield from client.pointer_op(3, 4, buttons)
        # As a viewer sends it that marks what has nothing more.
        yield from client.send_op(struct.pack(">BBHHB", codes.POINTER_EVENT, 0x82, 5, 6, 0))
        yield from client.screenshot_op()
        yield from client.close_op()

    assert meet(server, talk(), far) is None
    assert notes.heard == [
        PointerEvent(4, 1, 2), PointerEvent(257, 3, 4), PointerEvent(128, 3, 4), PointerEvent(127, 3, 4),
        PointerEvent(0, 3, 4), PointerEvent(2, 5, 6),
    ]  # fmt: skip


def test_a_viewer_without_the_extension_has_eight_buttons() -> None:
    near, far = socketpair()
    notes = Notes()
    server = VncServer(card(), notes)

    def talk() -> Op[None]:
        client = yield from VncClient.connect_op(near, encodings=(codes.RAW,))
        yield from client.send_op(struct.pack(">BBHH", codes.POINTER_EVENT, 0x81, 5, 6))
        yield from client.screenshot_op()
        yield from client.close_op()

    assert meet(server, talk(), far) is None
    assert notes.heard == [PointerEvent(0x81, 5, 6)]


def test_both_ends_agree_on_a_size_and_a_clipboard() -> None:
    near, far = socketpair()
    notes = Notes()
    server = VncServer(card(), notes)

    def talk() -> Op[None]:
        client = yield from VncClient.connect_op(near)
        yield from client.screenshot_op()
        yield from client.resize_op(120, 60)
        while client.framebuffer.width != 120:
            yield from client.receive_op()
        assert np.array_equal((yield from client.screenshot_op()), server.framebuffer.rgb())
        server.set_cut_text("grüße ☃\n")
        server.bell()
        event = None
        while not isinstance(event, CutText):
            event = yield from client.receive_op()
        assert event.text == "grüße ☃\n"
        yield from client.set_cut_text_op("zurück ☃")
        yield from client.request_op(incremental=False)
        while not notes.heard:
            yield from client.receive_op()
            yield from client.request_op(incremental=False)
        assert notes.heard == ["zurück ☃"]
        yield from client.close_op()

    assert meet(server, talk(), far) is None


@pytest.mark.parametrize("proof", ["none", "vnc", "plain", "sasl"])
@pytest.mark.parametrize("kind", ["anon", "x509"])
def test_vencrypt_protects_every_kind_of_login(kind: str, proof: str, tmp_path: Path) -> None:
    near, far = socketpair()
    if kind == "x509":
        pki = ThrowAwayPki(tmp_path)
        theirs = upgrade(X509Creds(pki.dir, "server", verify_peer=False))
        ours = upgrade(X509Creds(pki.dir, "client"), hostname="localhost")
    else:
        theirs, ours = upgrade(AnonCreds("server")), upgrade(AnonCreds("client"))
    users = Users({"joe": (WORD, Access.FULL)}) if proof in {"plain", "sasl"} else None
    passwords = Passwords(WORD) if proof == "vnc" else None
    security = Security(passwords, users, sasl=proof == "sasl", **{kind: theirs})  # type: ignore[arg-type]
    server = VncServer(card(), security=security)

    def talk() -> Op[None]:
        given = Credentials(WORD, "joe", **{kind: ours})  # type: ignore[arg-type]
        client = yield from VncClient.connect_op(near, given)
        assert client.security == security.type
        assert np.array_equal((yield from client.screenshot_op()), server.framebuffer.rgb())
        yield from client.close_op()

    assert meet(server, talk(), far) is None


def test_a_wrong_password_is_told_why_and_locks_out_at_last() -> None:
    server = VncServer(card(), security=Security(Passwords(WORD)))
    reasons = []
    for _ in range(6):
        near, far = socketpair()

        def talk(channel: Channel = near) -> Op[None]:
            try:
                yield from VncClient.connect_op(channel, Credentials(Secret(b"wrong")))
            except (PeerRejected, HandshakeError) as error:
                reasons.append(str(error))

        server.lockout.wait("all")
        far.name = "one peer"
        assert isinstance(meet(server, talk(), far), LoginFailed)
    assert "the password or the user is wrong" in reasons[0]
    assert "sesame" not in "".join(reasons)


def test_lock_outs_double_and_end_with_a_success() -> None:
    lockout = Lockout(attempts=2, seconds=10)
    waits = []
    for _ in range(4):
        lockout.failed("a")
        waits.append(round(lockout.wait("a")))
    assert waits == [0, 10, 20, 40]
    assert lockout.wait("b") == 0
    lockout.succeeded("a")
    assert lockout.wait("a") == 0


def test_names_and_passwords_are_not_asked_for_in_the_clear() -> None:
    with pytest.raises(ValueError, match="without TLS"):
        Security(logins=Users({}))


def test_the_answer_to_a_challenge_is_that_of_the_books() -> None:
    # Mirrored, this key is 0x0123456789ABCDEF, and the block is that of FIPS 46's worked example.
    key = Secret(bytes(int(f"{byte:08b}"[::-1], 2) for byte in bytes.fromhex("0123456789ABCDEF")))
    assert answer(key, b"Now is t" * 2) == bytes.fromhex("3FA40E8A984D4815") * 2


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 400",
        b"RFB 003.008\n\x07",
        b"RFB 003.008\n\x01\x01\x77",
        b"RFB 003.008\n\x01\x01" + struct.pack(">BxH", codes.SET_ENCODINGS, 1025),
        b"RFB 003.008\n\x01\x01" + struct.pack(">B3xi", codes.CLIENT_CUT_TEXT, -(1 << 31)),
        b"RFB 003.008\n\x01\x01" + bytes(4) + bytes(16),
    ],
)
def test_a_viewer_that_breaks_the_rules_is_sent_away(wire: bytes) -> None:
    near, far = socketpair()
    server = VncServer(card())

    def talk() -> Op[None]:
        yield from near.write_all_op(wire)
        while (yield from near.read_op()):
            pass
        near.abort()

    assert isinstance(meet(server, talk(), far), (IochanError, SecurityMismatch))
    assert not server.sessions


def test_a_version_3_3_viewer_is_served() -> None:
    near, far = socketpair()
    server = VncServer(card())

    def talk() -> Op[None]:
        assert (yield from near.read_exactly_op(12)) == b"RFB 003.008\n"
        yield from near.write_all_op(b"RFB 003.003\n")
        assert (yield from near.read_exactly_op(4)) == b"\0\0\0\1"
        yield from near.write_all_op(b"\1")
        assert struct.unpack(">HH", (yield from near.read_exactly_op(4))) == (100, 80)
        near.abort()

    assert meet(server, talk(), far) is None
    run(far.close_op())
