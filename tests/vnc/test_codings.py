"""Every encoding against its decoder, every format, and the bounds of what a peer may send."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.vnc import codes
from iochan.vnc.coding import Coding
from iochan.vnc.encode.base import Encoder
from iochan.vnc.encode.encoded import Streams
from iochan.vnc.encode.hextile import HextileEncoder
from iochan.vnc.encode.raw import RawEncoder, ZlibEncoder
from iochan.vnc.encode.rre import RreEncoder
from iochan.vnc.encode.tight import TightEncoder, TightPngEncoder
from iochan.vnc.encode.zrle import ZrleEncoder
from iochan.vnc.errors import RfbError, RfbLimit
from iochan.vnc.feed import Feed
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pixelformat import BGR233, RGB565, RGB888, PixelFormat
from iochan.vnc.rect import Rect
from iochan.vnc.servermessage import ServerMessage, ServerMessages, Update
from iochan.vnc.shown import Shown
from iochan.vnc.translate import reader, writer
from iochan.vnc.update import update_pieces
from iochan.vnc.view import Changes

FORMATS = (
    RGB888,
    PixelFormat(32, 24, True, True, (255, 255, 255), (0, 8, 16)),
    PixelFormat(32, 24, False, True, (255, 255, 255), (24, 16, 8)),
    PixelFormat(32, 32, False, True, (1023, 1023, 1023), (20, 10, 0)),
    RGB565,
    PixelFormat(16, 15, True, True, (31, 31, 31), (10, 5, 0)),
    BGR233,
)
ENCODERS = (
    RawEncoder,
    lambda: ZlibEncoder(1),
    RreEncoder,
    HextileEncoder,
    lambda: ZrleEncoder(1),
    lambda: TightEncoder(1, None),
)


def seen(encoder: Encoder, form: PixelFormat, pixels: np.ndarray) -> np.ndarray:
    """Return what a client shows of *pixels*, sent through the same streams: its own, shared, and its own."""
    height, width = pixels.shape
    framebuffer = Framebuffer(width, height)
    feed: Feed[ServerMessage] = Feed(ServerMessages(framebuffer, form).parse)
    coding = Coding(encoder, form, Streams())
    for shared in (False, True, True, False, False):
        framebuffer.fill(framebuffer.screen, 0x123456)
        changes = Changes([], [Shown(framebuffer.screen, pixels, shared)])
        for piece in update_pieces([], changes, coding, lambda *_: None):
            feed.put(piece)
        assert isinstance(feed.next(), Update)
        assert feed.between
    return framebuffer.pixels


@st.composite
def pictures(draw: st.DrawFn) -> np.ndarray:
    width, height = draw(st.integers(1, 150)), draw(st.integers(1, 90))
    colours = draw(st.sampled_from([1, 2, 3, 4, 16, 17, 100, 200, 1000, 1 << 24]))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    palette = random.integers(0, 1 << 24, colours if colours <= 1000 else 4000, dtype=np.uint32)
    if draw(st.booleans()):
        runs = random.integers(0, len(palette), width * height)
        lengths = random.integers(1, 300, width * height)
        return palette[np.repeat(runs, lengths)[: width * height]].reshape(height, width)
    return palette[random.integers(0, len(palette), (height, width))]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: f"{form.bits}-{form.depth}-{form.shifts}")
@pytest.mark.parametrize("make", ENCODERS, ids=["raw", "zlib", "rre", "hextile", "zrle", "tight"])
@pytest.mark.slow
@given(pixels=pictures())
def test_what_is_encoded_is_seen(make: type[Encoder], form: PixelFormat, pixels: np.ndarray) -> None:
    expected = reader(form)(writer(form)(pixels))
    assert np.array_equal(seen(make(), form, pixels), expected)


@pytest.mark.slow
@given(pixels=pictures())
def test_tight_png_loses_nothing(pixels: np.ndarray) -> None:
    assert np.array_equal(seen(TightPngEncoder(1, None), RGB888, pixels), pixels)


def test_a_picture_as_jpeg_is_nearly_what_it_was() -> None:
    y, x = np.mgrid[0:64, 0:64].astype(np.uint32)
    pixels = x * 4 << 16 | y * 4 << 8 | (x + y) * 2
    shown = seen(TightEncoder(1, 9), RGB888, pixels)
    assert not np.array_equal(shown, pixels)
    assert np.abs((shown & 255).astype(int) - (pixels & 255).astype(int)).max() < 32


def told(data: bytes) -> ServerMessage | None:
    """Return what a client with a small screen understands of *data*."""
    feed: Feed[ServerMessage] = Feed(ServerMessages(Framebuffer(64, 64), RGB888).parse)
    feed.put(data)
    return feed.next()


def rect(number: int, body: bytes, area: tuple[int, int, int, int] = (0, 0, 64, 64)) -> bytes:
    return struct.pack(">BxHHHHHi", codes.UPDATE, 1, *area, number) + body


BAD = {
    "a rectangle outside": (rect(codes.RAW, b"", (1, 0, 64, 64)), RfbError),
    "a copy from outside": (rect(codes.COPY_RECT, struct.pack(">HH", 1, 0)), RfbError),
    "an unknown encoding": (rect(12345, b""), RfbError),
    "an unknown message": (b"\x77", RfbError),
    "too many RRE rectangles": (rect(codes.RRE, b"\xff" * 4), RfbLimit),
    "too much deflated": (rect(codes.ZRLE, b"\xff" * 4), RfbLimit),
    "no zlib": (rect(codes.ZLIB, b"\0\0\0\4abcd"), RfbError),
    "a Tight kind that is none": (rect(codes.TIGHT, b"\xf0"), RfbError),
    "a JPEG that is none": (rect(codes.TIGHT, b"\x90\x04abcd"), RfbError),
    "a huge cursor": (rect(codes.CURSOR, b"", (0, 0, 513, 1)), RfbLimit),
    "a huge screen": (rect(codes.DESKTOP_SIZE, b"", (0, 0, 65535, 65535)), RfbLimit),
    "a huge clipboard": (struct.pack(">B3xi", codes.SERVER_CUT_TEXT, 1 << 30), RfbLimit),
    "an endless negative clipboard": (struct.pack(">B3xi", codes.SERVER_CUT_TEXT, -(1 << 31)), RfbLimit),
    "a clipboard without flags": (struct.pack(">B3xi", codes.SERVER_CUT_TEXT, -3) + b"abc", RfbError),
    "a huge fence": (struct.pack(">B3xIB", codes.FENCE, 0, 65), RfbLimit),
    "a hextile tile without a background": (rect(codes.HEXTILE, b"\0"), RfbError),
}


@pytest.mark.parametrize(("data", "error"), BAD.values(), ids=BAD)
def test_what_a_server_must_not_send_is_refused(data: bytes, error: type[RfbError]) -> None:
    with pytest.raises(error):
        told(data)


def test_an_inflate_bomb_is_cut() -> None:
    bomb = zlib.compress(bytes(1 << 20))
    with pytest.raises(RfbLimit):
        told(rect(codes.ZLIB, struct.pack(">I", len(bomb)) + bomb))


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">BBBBHHHBBB3x", 0, 0, 0, 1, 255, 255, 255, 16, 8, 0),
        struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 0, 255, 255, 16, 8, 0),
        struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 254, 255, 16, 8, 0),
        struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 30, 8, 0),
        struct.pack(">BBBBHHHBBB3x", 16, 16, 0, 0, 0, 0, 0, 0, 0, 0),
    ],
)
def test_a_format_that_no_pixel_has_is_refused(data: bytes) -> None:
    with pytest.raises(RfbError):
        PixelFormat.unpack(data)


def test_a_rectangle_knows_what_it_has_in_common() -> None:
    assert Rect(0, 0, 10, 10).common(Rect(5, 5, 10, 10)) == Rect(5, 5, 5, 5)
    assert Rect(0, 0, 10, 10).common(Rect(10, 0, 5, 5)).area == 0
