"""What a device draws: never an error, and drawn anew it is the same screen."""

from __future__ import annotations

from iochan.chardev.screen import ScreenPast

ROWS, COLUMNS = 6, 20


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    past = ScreenPast(ROWS, COLUMNS)
    half = len(data) // 2
    past.put(data[:half])
    past.put(data[half:])
    drawn = past.read()
    again = ScreenPast(ROWS, COLUMNS)
    again.put(drawn)
    assert again.read() == drawn
