from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from iochan.vnc.coding import Coding
from iochan.vnc.encode.base import Encoder
from iochan.vnc.encode.encoded import Streams
from iochan.vnc.encode.tight import TightEncoder
from iochan.vnc.encode.zrle import ZrleEncoder
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.pixelformat import RGB565, RGB888, PixelFormat
from iochan.vnc.rect import Rect
from iochan.vnc.testcard import draw_testcard
from iochan.vnc.view import View


@pytest.fixture
def framebuffer() -> Framebuffer:
    made = Framebuffer(100, 80)
    draw_testcard(made)
    return made


def watchers(framebuffer: Framebuffer, count: int) -> list[View]:
    return [View(framebuffer, lambda: None) for _ in range(count)]


def test_viewers_of_one_kind_are_given_what_was_made_once(framebuffer: Framebuffer) -> None:
    views = watchers(framebuffer, 2)
    for view in views:
        view.request(framebuffer.screen)
    (one,), (two,) = (view.take(framebuffer.screen).shown for view in views)
    assert one is two
    codings = [Coding(ZrleEncoder(1), RGB888, Streams()) for _ in range(2)]
    first, again = (coding.parts(one) for coding in codings)
    assert first is again
    wires = [[coding.wire(part) for part in first] for coding in codings]
    assert wires[0] == wires[1]
    assert all(part.numbers is None for part in first)


@pytest.mark.parametrize(
    ("encoder", "form"),
    [(ZrleEncoder(2), RGB888), (ZrleEncoder(1), RGB565), (TightEncoder(1, None), RGB888)],
    ids=["level", "format", "encoding"],
)
def test_viewers_with_other_wishes_have_their_own(
    framebuffer: Framebuffer, encoder: Encoder, form: PixelFormat
) -> None:
    views = watchers(framebuffer, 2)
    shown = framebuffer.shown(framebuffer.screen)
    first = Coding(ZrleEncoder(1), RGB888, Streams()).parts(shown)
    assert Coding(encoder, form, Streams()).parts(shown) is not first
    del views


def test_jpeg_of_another_quality_is_another_one() -> None:
    assert TightEncoder(1, 5).key != TightEncoder(1, 6).key
    assert TightEncoder(1, 5).key == TightEncoder(1, 5).key


def test_whatever_changes_ends_the_sharing(framebuffer: Framebuffer) -> None:
    views = watchers(framebuffer, 2)
    area = Rect(0, 0, 20, 20)
    before = framebuffer.shown(area)
    assert framebuffer.shown(area) is before
    changes: tuple[Callable[[], None], ...] = (
        lambda: framebuffer.fill(Rect(5, 5, 1, 1), 0x123456),
        lambda: framebuffer.copy(Rect(0, 0, 10, 10), 3, 3),
        lambda: framebuffer.resize(90, 70),
    )
    for change in changes:
        change()
        after = framebuffer.shown(area)
        assert after is not before
        assert np.array_equal(after.pixels, framebuffer.pixels[:20, :20])
        before = after
    del views


def test_one_viewer_shares_with_nobody(framebuffer: Framebuffer) -> None:
    views = watchers(framebuffer, 1)
    assert framebuffer.shown(framebuffer.screen) is not framebuffer.shown(framebuffer.screen)
    shown = framebuffer.shown(framebuffer.screen)
    coding = Coding(ZrleEncoder(1), RGB888, Streams())
    (part,) = coding.parts(shown)
    coding.wire(part)
    assert part.encoded is None
    del views


def test_what_is_kept_is_bounded(framebuffer: Framebuffer) -> None:
    views = watchers(framebuffer, 2)
    for width in range(1, 101):
        framebuffer.shown(Rect(0, 0, width, 80))
    kept = sum(area.area for area in framebuffer._shown)
    assert kept <= 2 * framebuffer.screen.area
    del views
