"""Every encoding against LibVNCClient: random pictures and damage, every format; what it sees is equal."""

from __future__ import annotations

import itertools
import os
import socket
import sys
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from iochan.channels.socket import SocketChannel
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.output import Options
from iochan.vnc.pixelformat import BGR233, RGB565, RGB888, PixelFormat
from iochan.vnc.rect import Rect
from iochan.vnc.server import VncServer
from iochan.vnc.translate import reader, to_rgb, writer
from iochan.vnc.view import View
from tests.interop.libvncclient import viewing

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(120)]

ENCODINGS = ("raw", "rre", "hextile", "zlib", "zrle", "tight")
FORMATS = {
    "rgb888": RGB888,
    "bgr888": PixelFormat(32, 24, False, True, (255, 255, 255), (0, 8, 16)),
    "high888": PixelFormat(32, 24, False, True, (255, 255, 255), (24, 16, 8)),
    "rgb565": RGB565,
    "rgb555": PixelFormat(16, 15, False, True, (31, 31, 31), (10, 5, 0)),
    "bgr233": BGR233,
    "bigxrgb": PixelFormat(32, 24, True, True, (255, 255, 255), (16, 8, 0)),
    "bigrgbx": PixelFormat(32, 24, True, True, (255, 255, 255), (24, 16, 8)),
    "big565": PixelFormat(16, 16, True, True, (31, 63, 31), (11, 5, 0)),
}
CASES = [
    # It shifts the three bytes of ZRLE's pixels to the wrong end where the format is of the other order.
    case
    for case in itertools.product(ENCODINGS, FORMATS)
    if case != ("zrle", "bigxrgb")
]
UNPACED = Options(rate=1e6)
EXAMPLES = int(os.environ.get("IOCHAN_EXAMPLES", "4"))
"""How many pictures for each encoding and format; more of them find more."""

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""No shrinking: what is never seen takes its whole time each time."""


@dataclass
class Step:
    """What a program draws at once."""

    area: Rect
    seed: int
    colours: int
    runs: bool
    scroll: tuple[int, int]
    crowd: bool

    def draw(self, framebuffer: Framebuffer) -> None:
        """Scroll all, then draw one picture over a part."""
        random = np.random.default_rng(self.seed)
        area = self.area.common(framebuffer.screen)
        palette = random.integers(0, 1 << 24, min(self.colours, 4000), np.uint32)
        index = random.integers(0, len(palette), area.area)
        if self.runs:
            index = np.repeat(index, random.integers(1, 200, len(index)))[: area.area]
        with framebuffer.lock:
            framebuffer.copy(framebuffer.screen, *self.scroll)
            framebuffer.draw(area.x, area.y, palette[index].reshape(area.height, area.width))


steps = st.builds(
    Step,
    st.builds(Rect, st.integers(0, 100), st.integers(0, 60), st.integers(1, 160), st.integers(1, 120)),
    st.integers(0, 1 << 32),
    st.sampled_from([1, 2, 3, 4, 5, 16, 17, 100, 127, 128, 256, 257, 4000]),
    st.booleans(),
    st.tuples(st.integers(-30, 30), st.integers(-30, 30)),
    st.booleans(),
)
sizes = st.tuples(st.integers(101, 200), st.integers(61, 140))


def agree(seen: NDArray[np.uint32], shown: NDArray[np.uint32], loss: float) -> bool:
    """Tell whether two pictures are equal, or differ by *loss* of 255 on average."""
    return bool(np.abs(to_rgb(seen).astype(int) - to_rgb(shown)).mean() <= loss)


def watch(
    size: tuple[int, int],
    drawn: list[Step],
    form: PixelFormat,
    encoding: str,
    quality: int | None = None,
    loss: float = 0.0,
) -> None:
    """Draw each of *drawn* once a viewer has seen the one before, alone or in a crowd."""
    # Of Tight's bytes of red, green and blue it makes numbers of this machine's order, whatever it asked for.
    swapped = encoding.endswith("tight") and form.bits == 32 and form.big_endian != (sys.byteorder == "big")
    framebuffer = Framebuffer(*size)
    server = VncServer(framebuffer, options=UNPACED)
    near, far = socket.socketpair()
    drawn[0].draw(framebuffer)
    thread = threading.Thread(target=server.serve, args=(SocketChannel(far),))
    thread.start()
    try:
        with viewing(near.detach()) as viewer:
            viewer.begin(form, encoding, quality)
            seen = viewer.update()
            for at in range(len(drawn)):
                # Who else looks makes the server share what it encodes, from one step to the next or not.
                crowd = View(framebuffer, lambda: None) if drawn[at].crowd else None
                if at:
                    drawn[at].draw(framebuffer)
                wanted = reader(form)(writer(form)(framebuffer.pixels))
                while not agree(reader(form)(seen.byteswap() if swapped else seen), wanted, loss):
                    seen = viewer.update()
                if crowd is not None:
                    crowd.close()
    finally:
        thread.join()


@pytest.mark.parametrize(("encoding", "form"), CASES)
@settings(max_examples=EXAMPLES, phases=PHASES)
@given(size=sizes, drawn=st.lists(steps, min_size=1, max_size=4))
def test_libvncclient_sees_what_is_drawn(
    encoding: str, form: str, size: tuple[int, int], drawn: list[Step]
) -> None:
    watch(size, drawn, FORMATS[form], f"copyrect {encoding}")


@pytest.mark.parametrize("form", [RGB888, RGB565], ids=["rgb888", "rgb565"])
@settings(max_examples=EXAMPLES, phases=PHASES)
@given(size=sizes, drawn=st.lists(steps, min_size=1, max_size=4))
def test_libvncclient_sees_nearly_what_is_drawn_as_jpeg(
    form: PixelFormat, size: tuple[int, int], drawn: list[Step]
) -> None:
    watch(size, drawn, form, "copyrect tight", quality=9, loss=6.0)
