from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from iochan.channels.pair import memory_pair
from iochan.core.channel import Channel
from iochan.core.errors import ConnectError, IochanError
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.vnc import codes, share
from iochan.vnc.client import VncClient
from iochan.vnc.clientmessage import CutText, KeyEvent, PointerEvent
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.gateway import Target
from iochan.vnc.login import Credentials
from iochan.vnc.rect import Rect
from iochan.vnc.server import VncServer
from iochan.vnc.servermessage import Bell
from iochan.vnc.share import MAX_INPUTS, Share
from iochan.vnc.testcard import card_cursor, draw_testcard
from tests.vnc.notes import Notes

pytestmark = pytest.mark.timeout(60)


class Stage:
    """A server, a share of it, and viewers of that, all in one loop."""

    def __init__(self) -> None:
        self.loop = PollLoop()
        self.desk = Notes(widest=300)
        framebuffer = Framebuffer(200, 150)
        draw_testcard(framebuffer)
        framebuffer.set_cursor(card_cursor())
        self.server = VncServer(framebuffer, self.desk, name="vm")
        self.refuses = False
        self.share = Share(Target("vm", self.dial_op, Credentials()))
        self.tasks: list[Task[None]] = []
        self.viewers: list[Channel] = []

    def dial_op(self) -> Op[Channel]:
        if self.refuses:
            message = "vm: nobody is there: start it"
            raise ConnectError(message)
        yield from ()
        near, far = memory_pair()
        self.start(self.server.serve_op(far))
        return near

    def view_op(self) -> Op[VncClient]:
        near, far = memory_pair()
        self.viewers.append(near)
        self.start(self.share.server.serve_op(far))
        return (yield from VncClient.connect_op(near))

    def start(self, op: Op[None]) -> None:
        self.tasks.append(Task(self.loop, op, lambda _: None))

    def run(self, talk: Callable[[Stage], Op[None]]) -> None:
        def directed() -> Op[None]:
            try:
                yield from talk(self)
            finally:
                for task in self.tasks:
                    task.cancel()
                for viewer in self.viewers:
                    viewer.abort()

        self.start(self.share.run_op())
        task = Task(self.loop, directed(), lambda _: None)
        self.loop.run()
        task.result()

    def same_op(self, viewer: VncClient) -> Op[None]:
        """Look until *viewer* sees what the server shows; the test's limit bounds it."""
        while not np.array_equal((yield from viewer.screenshot_op()), self.server.framebuffer.rgb()):
            pass


def test_viewers_see_the_server_and_one_of_them_acts() -> None:
    def talk(stage: Stage) -> Op[None]:
        one = yield from stage.view_op()
        two = yield from stage.view_op()
        for viewer in (one, two):
            yield from stage.same_op(viewer)
        assert np.array_equal(one.framebuffer.cursor.rgba, card_cursor().rgba)  # type: ignore[union-attr]
        stage.server.framebuffer.fill(Rect(5, 6, 70, 80), 0x123456)
        for viewer in (one, two):
            yield from stage.same_op(viewer)
        yield from one.key_op(0x61, down=True, scancode=0x1E)
        while not stage.desk.heard:
            yield from one.screenshot_op()
        yield from two.key_op(0x62, down=True)
        yield from one.pointer_op(10, 11, 1)
        yield from one.set_cut_text_op("Grüße")
        while len(stage.desk.heard) < 3:
            yield from one.screenshot_op()
        assert stage.desk.heard == [KeyEvent(True, 0x61, 0x1E), PointerEvent(1, 10, 11), "Grüße"]
        stage.server.set_name("another")
        while not one.desktop.name.startswith("another (you have control"):
            yield from one.screenshot_op()

    Stage().run(talk)


def test_bell_clipboard_and_lights_go_to_all() -> None:
    def talk(stage: Stage) -> Op[None]:
        viewers = [(yield from stage.view_op()), (yield from stage.view_op())]
        for viewer in viewers:
            yield from stage.same_op(viewer)
        stage.server.bell()
        stage.server.set_cut_text("for all")
        stage.server.set_leds(codes.LED_CAPS)
        for viewer in viewers:
            heard: set[object] = set()
            while not {Bell(), CutText("for all")} <= heard:
                yield from viewer.request_op()
                heard.add((yield from viewer.receive_op()))
            while viewer.desktop.leds != codes.LED_CAPS:
                yield from viewer.screenshot_op()

    Stage().run(talk)


def test_a_wish_for_a_size_goes_to_the_server_which_decides() -> None:
    def talk(stage: Stage) -> Op[None]:
        viewer = yield from stage.view_op()
        yield from stage.same_op(viewer)
        for width, height, status in ((300, 100, codes.SIZE_DONE), (301, 90, codes.SIZE_NO_RESOURCES)):
            before = viewer.desktop.size_answers
            yield from viewer.resize_op(width, height)
            while viewer.desktop.size_answers == before:
                yield from viewer.request_op()
                yield from viewer.receive_op()
            assert viewer.desktop.size_status == status
            yield from stage.same_op(viewer)
            assert (viewer.framebuffer.width, viewer.framebuffer.height) == (300, 100)

    Stage().run(talk)


def test_a_server_that_is_lost_is_told_and_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "FIRST_PAUSE", 0.01)

    def talk(stage: Stage) -> Op[None]:
        viewer = yield from stage.view_op()
        yield from stage.same_op(viewer)
        stage.refuses = True
        stage.server.end_sessions("it stops")
        picture = stage.server.framebuffer.rgb()
        while np.array_equal((yield from viewer.screenshot_op()), picture):
            pass
        yield from viewer.key_op(0x61, down=True)
        yield from viewer.screenshot_op()
        assert stage.desk.heard == []
        stage.refuses = False
        yield from stage.same_op(viewer)

    Stage().run(talk)


def test_input_that_the_server_does_not_take_is_bounded() -> None:
    stage = Stage()

    def talk(stage: Stage) -> Op[None]:
        viewer = yield from stage.view_op()
        yield from stage.same_op(viewer)
        (session,) = stage.share.server.sessions
        for number in range(2 * MAX_INPUTS):
            stage.share.pointer(session, PointerEvent(0, number % 100, 5))
        while len(stage.desk.heard) < MAX_INPUTS:
            yield from viewer.screenshot_op()
        yield from viewer.screenshot_op()
        assert len(stage.desk.heard) == MAX_INPUTS

    stage.run(talk)


def test_texts_that_are_too_large_are_left_out_and_of_many_the_newest_is_sent() -> None:
    def talk(stage: Stage) -> Op[None]:
        viewer = yield from stage.view_op()
        yield from stage.same_op(viewer)
        (session,) = stage.share.server.sessions
        stage.share.cut_text(session, "ü" * codes.MAX_CUT_TEXT)
        yield from stage.same_op(viewer)
        stage.share.cut_text(session, "old")
        stage.share.cut_text(session, "new")
        while not stage.desk.heard:
            yield from viewer.screenshot_op()
        yield from viewer.screenshot_op()
        assert stage.desk.heard == ["new"]

    Stage().run(talk)


def test_a_server_that_cannot_be_reached_at_first_is_an_error() -> None:
    stage = Stage()
    stage.refuses = True
    with pytest.raises(IochanError, match="nobody is there"):
        for _ in stage.share.connect_op():
            pass
