from __future__ import annotations

from iochan.telnet.command import Command
from iochan.telnet.event import MAX_EVENTS, CommandEvent, EventQueue, WindowEvent


def test_events_come_in_their_order() -> None:
    queue = EventQueue()
    queue.put(CommandEvent(Command.BREAK))
    queue.put(WindowEvent(80, 24))
    assert [queue.take(), queue.take(), queue.take()] == [
        CommandEvent(Command.BREAK),
        WindowEvent(80, 24),
        None,
    ]


def test_of_sizes_in_a_row_the_last_is_kept() -> None:
    queue = EventQueue()
    for columns in range(1000):
        queue.put(WindowEvent(columns, 24))
    assert len(queue) == 1
    assert queue.take() == WindowEvent(999, 24)
    assert queue.dropped == 0


def test_the_oldest_goes_when_nobody_takes_any() -> None:
    queue = EventQueue()
    queue.put(CommandEvent(Command.BREAK))
    for _ in range(MAX_EVENTS):
        queue.put(CommandEvent(Command.INTERRUPT))
    assert len(queue) == MAX_EVENTS
    assert queue.dropped == 1
    assert queue.take() == CommandEvent(Command.INTERRUPT)
