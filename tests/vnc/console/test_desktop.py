"""A terminal on a channel, shown by a VNC server and used by our client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import pytest

from iochan.channels.pair import MemoryChannel, memory_pair
from iochan.channels.pty import PtyChannel
from iochan.channels.unix import socketpair
from iochan.core.blocked import Blocked
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.vnc.client import VncClient
from iochan.vnc.console.desktop import MAX_TYPED, ConsoleDesktop
from iochan.vnc.server import VncServer

T = TypeVar("T")

LEFT, MIDDLE = 1, 2
INSERT, SHIFT, ENTER = 0xFF63, 0xFFE1, 0xFF0D


class Room:
    """A desktop of 4 by 20 characters, the program's end of its channel, and one viewer."""

    def __init__(self, channel: PtyChannel | MemoryChannel, loop: PollLoop) -> None:
        self.loop = loop
        self.rung = 0
        self.desktop = ConsoleDesktop(channel, rows=4, columns=20)
        self.server = VncServer(self.desktop.screen.framebuffer, self.desktop)
        one, other = socketpair()
        self.shown = Task(loop, self.desktop.run_op())
        Task(loop, self.server.serve_op(one))
        self.viewer = self.do(VncClient.connect_op(other))
        self.until(lambda: bool(self.server.sessions))

    def do(self, op: Op[T]) -> T:
        """Run *op* while the loop runs the rest."""
        task = Task(self.loop, op)
        self.until(lambda: task.finished)
        return task.result()

    def until(self, true: Callable[[], bool]) -> None:
        for _ in range(100_000):
            if true():
                return
            self.loop.turn(0.01)
        pytest.fail(f"it never came true; the screen shows {self.desktop.screen.lines}")

    def type(self, *keysyms: int) -> None:
        """Press the keys, and let them go the other way round."""
        for keysym in keysyms:
            self.do(self.viewer.key_op(keysym, down=True))
        for keysym in reversed(keysyms):
            self.do(self.viewer.key_op(keysym, down=False))

    def point(self, *events: tuple[int, int, int]) -> None:
        """Have the pointer at (column, row) of the characters, with these buttons down."""
        for column, row, buttons in events:
            self.do(self.viewer.pointer_op(column * 8 + 3, row * 16 + 5, buttons))

    def typed(self, program: MemoryChannel, size: int) -> bytes:
        """Return *size* bytes of what came to the program."""
        return self.do(program.read_exactly_op(size))

    def close(self) -> None:
        self.viewer.close()
        self.desktop.end()
        self.until(lambda: self.shown.finished and not self.server.sessions)

    def see(self, text: str) -> None:
        """Wait until *text* stands on the screen, and the viewer sees the same pixels."""
        self.until(lambda: any(text in line for line in self.desktop.screen.lines))
        self.desktop.screen.paint()
        self.until(self.pictures_agree)

    def pictures_agree(self) -> bool:
        seen = self.do(self.viewer.screenshot_op())
        return np.array_equal(seen, self.desktop.screen.framebuffer.rgb())


@pytest.fixture
def ends() -> Iterator[tuple[Room, MemoryChannel]]:
    """Return a room, and the end of the program in it."""
    near, program = memory_pair()
    with program:
        room = Room(near, PollLoop())
        yield room, program
        room.close()


def test_what_a_program_prints_is_seen_and_what_is_typed_comes_to_it(
    ends: tuple[Room, MemoryChannel],
) -> None:
    room, program = ends
    program.write_all(b"hello \x1b[31mworld\x1b[0m\r\n\a")
    room.see("hello world")
    room.type(ord("a"))
    room.type(ENTER)
    assert room.typed(program, 2) == b"a\r"


def test_a_program_on_a_terminal_learns_the_size_that_a_viewer_wishes() -> None:
    script = "trap 'stty size; exit' WINCH; stty size; while :; do read line; done"
    # It has the room's size from the start: being told of another one would end it.
    room = Room(PtyChannel.spawn(["sh", "-c", script], rows=4, columns=20), PollLoop())
    room.see("4 20")
    room.do(room.viewer.resize_op(30 * 8 + 5, 6 * 16 + 1))
    room.until(lambda: room.desktop.screen.size == (6, 30))
    room.do(room.viewer.type_op("\n"))
    room.see("6 30")
    assert room.desktop.screen.framebuffer.width == 245
    room.until(lambda: room.shown.finished)
    room.shown.result()
    room.viewer.close()
    room.until(lambda: not room.server.sessions)


@pytest.mark.parametrize("size", [(8, 15), (7, 16), (16_000, 2_000)])
def test_a_size_without_a_character_or_with_too_many_is_refused(
    ends: tuple[Room, MemoryChannel], size: tuple[int, int]
) -> None:
    room, program = ends
    program.write_all(b"x")
    room.see("x")
    room.do(room.viewer.resize_op(*size))
    room.see("x")
    assert room.desktop.screen.size == (4, 20)


def test_dragging_marks_text_for_the_clipboard_and_the_middle_button_types_it(
    ends: tuple[Room, MemoryChannel],
) -> None:
    room, program = ends
    program.write_all(b"one two\r\nthree four")
    room.see("three")
    before = room.desktop.screen.framebuffer.rgb()
    room.point((4, 0, LEFT), (2, 1, LEFT), (4, 1, LEFT))
    room.until(lambda: not np.array_equal(before, room.desktop.screen.framebuffer.rgb()))
    room.point((4, 1, 0))
    room.until(lambda: room.server.cut_text == "two\nthree")
    room.point((9, 3, MIDDLE), (9, 3, 0))
    assert room.typed(program, 9) == b"two\rthree"
    room.point((0, 0, LEFT), (0, 0, 0))
    room.until(lambda: np.array_equal(before, room.desktop.screen.framebuffer.rgb()))


def test_a_viewers_clipboard_is_typed_when_it_says_so_and_told_as_a_paste(
    ends: tuple[Room, MemoryChannel],
) -> None:
    room, program = ends
    program.write_all(b"\x1b[?2004hready")
    room.see("ready")
    room.do(room.viewer.set_cut_text_op("rm \x1b[201~ -r\n"))
    # The text goes over when the server has asked for it, and the viewer has looked.
    room.until(lambda: room.pictures_agree() and bool(room.desktop.clipboard))
    room.type(SHIFT, INSERT)
    assert room.typed(program, 24) == b"\x1b[200~rm [201~ -r\r\x1b[201~"


def test_the_terminal_answers_what_a_program_asks_it(ends: tuple[Room, MemoryChannel]) -> None:
    room, program = ends
    program.write_all(b"ab\x1b[6n")
    room.see("ab")
    assert room.typed(program, 6) == b"\x1b[1;3R"


def test_what_a_program_does_not_read_is_bounded(ends: tuple[Room, MemoryChannel]) -> None:
    room, program = ends
    program.write_all(b"busy")
    room.see("busy")
    for _ in range(40):
        room.desktop.paste("x" * (MAX_TYPED // 2))
    came, buffer = 0, bytearray(65536)
    room.loop.turn(0.001)
    while not isinstance(got := program.try_readinto(buffer), Blocked):
        came += got
        room.loop.turn(0.001)
    assert 0 < came <= 2 * MAX_TYPED


def test_it_ends_with_the_program(ends: tuple[Room, MemoryChannel]) -> None:
    room, program = ends
    program.write_all(b"bye")
    program.close()
    room.until(lambda: room.shown.finished)
    room.shown.result()
    room.see("bye")
