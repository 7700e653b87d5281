from __future__ import annotations

import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from iochan.vnc.encode.encoded import Encoded, Streams


def packed(wire: bytes) -> bytes:
    """Return what a viewer gives to its zlib stream."""
    assert wire.startswith(b"head")
    (length,) = struct.unpack_from(">I", wire, 4)
    assert len(wire) == 8 + length
    return wire[8:]


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=300), st.booleans(), st.integers(1, 9)), max_size=8))
def test_what_is_shared_and_what_is_not_make_one_stream(pieces: list[tuple[bytes, bool, int]]) -> None:
    streams, inflate = Streams(), zlib.decompressobj()
    for plain, shared, level in pieces:
        wire = streams.wire(Encoded(1, b"head", plain, 0), level, shared=shared)
        assert inflate.decompress(packed(wire)) == plain
        assert not inflate.unconsumed_tail


def test_what_is_shared_is_compressed_once_and_fits_every_stream() -> None:
    encoded = Encoded(1, b"head", b"words" * 100, 0)
    fresh, used = Streams(), Streams()
    inflate = zlib.decompressobj()
    inflate.decompress(packed(used.wire(Encoded(1, b"head", b"before", 0), 6, shared=False)))
    first = packed(fresh.wire(encoded, 6, shared=True))
    again = packed(used.wire(encoded, 6, shared=True))
    assert first == b"\x78\x9c" + again
    assert zlib.decompressobj().decompress(first) == inflate.decompress(again) == b"words" * 100


def test_streams_are_apart_from_one_another() -> None:
    streams = Streams()
    for stream in (0, 1):
        wire = packed(streams.wire(Encoded(1, b"head", b"words", stream), 1, shared=False))
        assert zlib.decompressobj().decompress(wire) == b"words"


def test_without_a_stream_the_head_is_all() -> None:
    assert Streams().wire(Encoded(1, b"head"), 1, shared=False) == b"head"
