"""Viewers through a gateway to servers that ask for more than they have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, ConnectError, IochanError, PeerRejected
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.relay.pump import Traffic, pump_op
from iochan.secret.value import Secret
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.layer import upgrade
from iochan.tls.x509 import X509Creds
from iochan.vnc.client import VncClient
from iochan.vnc.errors import LoginFailed, ServerRefused
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.gateway import Gateway, Target
from iochan.vnc.login import Credentials
from iochan.vnc.security import Access, Passwords, Security, Users
from iochan.vnc.server import VncServer
from iochan.vnc.testcard import draw_testcard

WORD, OWN = Secret(b"sesame12"), Secret(b"viewers")


def card() -> Framebuffer:
    framebuffer = Framebuffer(100, 80)
    draw_testcard(framebuffer)
    return framebuffer


class Site:
    """A server for users over TLS, and a gateway before it that asks for a password."""

    def __init__(self, directory: Path, credentials: Credentials | None = None) -> None:
        directory.mkdir(exist_ok=True)
        pki = ThrowAwayPki(directory)
        theirs = upgrade(X509Creds(pki.dir, "server", verify_peer=False))
        security = Security(logins=Users({"joe": (WORD, Access.FULL)}), x509=theirs)
        self.server = VncServer(card(), security=security)
        ours = upgrade(X509Creds(pki.dir, "client"), hostname="localhost")
        self.credentials = credentials or Credentials(WORD, "joe", x509=ours)
        self.gateway = Gateway(self.find, Security(Passwords(OWN, Secret(b"look"))))
        self.loop = PollLoop()
        self.ends: list[Channel] = []
        self.failure: IochanError | None = None
        self.served: BaseException | None = None

    def find(self, viewer: Channel) -> Target:
        return Target("the server", self.dial, self.credentials)

    def dial(self) -> Op[Channel]:
        near, far = socketpair()
        Task(self.loop, self.server.serve_op(far), self.note_server)
        yield from ()
        return near

    def note_server(self, task: Task[None]) -> None:
        try:
            task.result()
        except IochanError as error:
            self.served = error

    def meet(self, viewer: Channel) -> None:
        """Serve *viewer* at the gateway."""
        Task(self.loop, self.gateway.introduce_op(viewer), self.join)

    def join(self, task: Task[tuple[Channel, Channel]]) -> None:
        try:
            one, other = task.result()
        except IochanError as error:
            self.failure = error
            return
        self.ends = [one, other]
        for source, sink in ((one, other), (other, one)):
            Task(self.loop, pump_op(source, sink, Traffic()), self.part)

    def part(self, task: Task[None]) -> None:
        for end in self.ends:
            end.abort()

    def visit(self, talk: Op[None], far: Channel) -> None:
        self.meet(far)
        visit = Task(self.loop, talk)
        self.loop.run()
        visit.result()


def look_op(near: Channel, site: Site, word: Secret = OWN) -> Op[None]:
    client = yield from VncClient.connect_op(near, Credentials(word))
    assert np.array_equal((yield from client.screenshot_op()), site.server.framebuffer.rgb())
    yield from client.close_op()


def test_a_viewer_sees_a_server_that_wants_a_user_over_tls(tmp_path: Path) -> None:
    near, far = socketpair()
    site = Site(tmp_path)
    site.visit(look_op(near, site), far)
    assert site.failure is None


def refused(site: Site, word: Secret = OWN) -> str:
    """Return what a viewer hears that does not come in."""
    near, far = socketpair()
    heard: list[str] = []

    def talk() -> Op[None]:
        try:
            yield from VncClient.connect_op(near, Credentials(word))
        except PeerRejected as error:
            heard.append(str(error))

    site.visit(talk(), far)
    assert far.closed or not far.try_flush()
    far.abort()
    return heard[0]


def test_a_viewer_hears_why_its_server_cannot_be_shown(tmp_path: Path) -> None:
    wrong = Site(tmp_path / "a")
    wrong.credentials = Credentials(Secret(b"no"), "joe", x509=wrong.credentials.x509)
    assert "the server cannot be shown: the server did not let the client in" in refused(wrong)
    assert isinstance(wrong.failure, ServerRefused)
    weak = Site(tmp_path / "b", Credentials(WORD))
    assert "the server cannot be shown: the server offers VeNCrypt" in refused(weak)
    away = Site(tmp_path / "c")

    def nobody() -> Op[Channel]:
        yield from ()
        message = "connection refused: is the server running?"
        raise ConnectError(message)

    away.dial = nobody  # type: ignore[method-assign]
    assert "cannot be shown: connection refused" in refused(away)

    def none(viewer: Channel) -> Target:
        message = "no server has the token 'x'"
        raise AddressError(message)

    lost = Site(tmp_path / "d")
    lost.gateway = Gateway(none, lost.gateway.security)
    assert "no server has the token 'x'" in refused(lost)


def test_secrets_do_not_go_to_a_server_with_another_certificate(tmp_path: Path) -> None:
    site = Site(tmp_path / "a")
    (tmp_path / "b").mkdir()
    other = ThrowAwayPki(tmp_path / "b")
    ours = upgrade(X509Creds(other.dir, "client"), hostname="localhost")
    site.credentials = Credentials(WORD, "joe", x509=ours)
    assert "certificate was refused" in refused(site)
    assert not isinstance(site.served, LoginFailed)


@pytest.mark.parametrize("word", [Secret(b"wrong"), Secret(b"look")], ids=["wrong", "view-only"])
def test_who_may_not_act_does_not_come_in_and_no_server_hears_of_it(tmp_path: Path, word: Secret) -> None:
    site = Site(tmp_path)
    told = refused(site, word)
    assert "wrong" in told or "only look" in told
    assert isinstance(site.failure, LoginFailed)
    assert not site.ends
