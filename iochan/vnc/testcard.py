"""A picture whose every pixel is known: for tests of viewers, and of everything on the way to them."""

from __future__ import annotations

from typing import Final

import numpy as np

from iochan.vnc.framebuffer import Cursor, Framebuffer
from iochan.vnc.rect import Rect

__all__ = ["card_cursor", "draw_testcard"]

_BARS: Final = (0xFFFFFF, 0xFFFF00, 0x00FFFF, 0x00FF00, 0xFF00FF, 0xFF0000, 0x0000FF, 0x000000)


def draw_testcard(framebuffer: Framebuffer) -> None:
    """Fill *framebuffer*: bars, a grid of one pixel, two gradients, noise and a border.

    Only the size counts: the same size has the same pixels, on every machine.
    """
    width, height = framebuffer.width, framebuffer.height
    x, y = np.meshgrid(np.arange(width, dtype=np.uint32), np.arange(height, dtype=np.uint32))
    bars = np.asarray(_BARS, dtype=np.uint32)[np.minimum(x * len(_BARS) // width, len(_BARS) - 1)]
    grid = np.where((x ^ y) & 1 == 0, np.uint32(0xFFFFFF), np.uint32(0x202020))
    across, down = x * 255 // max(1, width - 1), y * 255 // max(1, height - 1)
    gradient = across << 16 | down << 8 | (across + down) // 2
    # A multiplicative hash of the place: noise that needs no generator.
    noise = (x * np.uint32(2654435761) ^ y * np.uint32(2246822519)) >> 8 & 0xFFFFFF
    band = y * 5 // height
    card = np.select([band == 0, band == 1, band == 2, band == 3], [bars, grid, gradient, noise], gradient)
    border = (x == 0) | (y == 0) | (x == width - 1) | (y == height - 1)
    card[border] = 0xFF8000
    with framebuffer.lock:
        framebuffer.pixels[...] = card
        framebuffer.damage()
    framebuffer.fill(Rect(width // 4, height * 4 // 5 + 2, width // 2, max(1, height // 10)), 0x336699)


def card_cursor() -> Cursor:
    """Return a pointer that is an arrow: black, with a white edge."""
    rgba = np.zeros((16, 12, 4), dtype=np.uint8)
    for row in range(16):
        end = min(row, 11) if row < 12 else 4
        rgba[row, : end + 1, 3] = 255
        rgba[row, [0, end], :3] = 255
    return Cursor(rgba, 0, 0)
