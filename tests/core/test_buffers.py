from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.buffers import advance, as_view, as_views, clip, flat, gather, scatter, total

PIECES = st.lists(st.binary(max_size=20), max_size=8)


def test_a_view_counts_bytes_whatever_the_items_are() -> None:
    view = as_view(array("i", [1, 2, 3]))
    assert view.format == "B"
    assert len(view) == array("i").itemsize * 3


def test_what_is_not_contiguous_is_refused() -> None:
    with pytest.raises(TypeError):
        as_view(memoryview(array("i", range(8)))[::2])


def test_flat_leaves_bytes_alone_and_casts_the_rest() -> None:
    data = bytearray(3)
    assert flat(data) is data
    assert len(flat(array("q", [1]))) == 8


@given(PIECES, st.integers(0, 200))
def test_advance_and_clip_cut_at_the_same_place(pieces: list[bytes], count: int) -> None:
    views = as_views(pieces)
    whole = b"".join(pieces)
    assert total(views) == len(whole)
    assert b"".join(advance(views, count)) == whole[count:]
    assert b"".join(clip(views, count)) == whole[:count]
    assert gather(views, count) == whole[:count]


@given(PIECES, st.binary(max_size=100))
def test_scatter_fills_in_order_and_says_how_much_fitted(pieces: list[bytes], data: bytes) -> None:
    rooms = [bytearray(len(piece)) for piece in pieces]
    done = scatter(data, as_views(rooms))
    space = sum(map(len, rooms))
    assert done == min(space, len(data))
    assert b"".join(rooms)[:done] == data[:done]
