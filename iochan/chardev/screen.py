"""The screen that a device has drawn, for those who come while a full-screen program runs."""

from __future__ import annotations

from iochan.chardev.paint import paint_screen
from iochan.terminal.emulator import Emulator

__all__ = ["ScreenPast"]


class ScreenPast(Emulator):
    """A terminal that follows the device, and whose screen is drawn anew for who comes later."""

    def read(self) -> bytes:
        """Return what draws the same on a terminal of the same size."""
        drawn = paint_screen(self.main)
        if self.alternate is not None:
            drawn += "\x1b[?1049h" + paint_screen(self.alternate)
        return drawn.encode(errors="replace")
