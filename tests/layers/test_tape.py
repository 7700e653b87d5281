from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.layers.errors import TapeError
from iochan.layers.tape import (
    MAX_HEADER,
    MAX_PAYLOAD,
    Kind,
    Record,
    Sender,
    TapeReader,
    pack_gap,
    pack_record,
    pack_start,
)

START = pack_start({})
CLOSE = pack_record(Sender.A, Kind.CLOSE, 0)


def taken(reader: TapeReader) -> list[Record]:
    return list(iter(reader.next_record, None))


def feed(reader: TapeReader, tape: bytes, step: int) -> list[Record]:
    records = []
    for start in range(0, len(tape), step):
        reader.feed(tape[start : start + step])
        records += taken(reader)
    return records


def fed(tape: bytes, step: int = 1 << 30) -> tuple[TapeReader, list[Record]]:
    reader = TapeReader()
    return reader, feed(reader, tape, step)


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(Sender),
        st.integers(0, 2**40),
        st.one_of(st.binary(min_size=1, max_size=40), st.integers(0, 2**64 - 1)),
    ),
    max_size=5,
)


@given(
    header=st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    entries=ENTRIES,
    step=st.integers(1, 40),
)
def test_what_is_packed_comes_back_however_it_is_fed(
    header: dict[str, int], entries: list[tuple[Sender, int, bytes | int]], step: int
) -> None:
    tape = pack_start(header)
    for sender, delta, what in entries:
        if isinstance(what, int):
            tape += pack_gap(sender, delta, what)
        else:
            tape += pack_record(sender, Kind.DATA, delta, what)
    whole, records = fed(tape)
    pieces, again = fed(tape, step)
    assert records == again
    assert whole.header == pieces.header == header
    assert [(record.sender, record.gap or record.payload) for record in records] == [
        (sender, what or b"") for sender, _, what in entries
    ]
    assert [record.nanos for record in records] == [
        sum(delta for _, delta, _ in entries[: index + 1]) for index in range(len(entries))
    ]
    assert (whole.left, whole.offset, whole.complete) == (0, len(tape), False)


def test_the_layout_is_as_documented() -> None:
    tape = pack_start({"a": 1}) + pack_record(Sender.B, Kind.DATA, 5, b"hi") + pack_gap(Sender.A, 1, 2)
    assert tape == (
        b"\x89IOTAPE\n\x00\x01\x00\x00\x00\x08" + b'{"a": 1}'
        b"b\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x05hi"
        b"a\x02\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02"
    )


def test_a_tape_is_complete_only_behind_its_close() -> None:
    data = pack_record(Sender.B, Kind.DATA, 5, b"hi")
    tape = START + data + CLOSE
    for cut in range(len(tape)):
        reader, records = fed(tape[:cut])
        assert not reader.complete
        assert len(records) == (cut >= len(START + data))
        assert reader.offset + reader.left == cut
    assert fed(tape)[0].complete


@pytest.mark.parametrize(
    ("tape", "offset", "text"),
    [
        (b"GIF89a", 0, "not as a tape does"),
        (b"\x89IOTAPE\r", 0, "not as a tape does"),
        (START[:8] + b"\0\2" + START[10:], 8, "its version is 2, known is 1"),
        (START[:10] + struct.pack(">I", MAX_HEADER + 1), 10, "over the limit"),
        (START[:10] + b"\0\0\0\2[]", 14, "no JSON object"),
        (START[:10] + b"\0\0\0\2\xff\xff", 14, "no JSON object"),
        (START[:10] + struct.pack(">I", 9000) + b"[" * 9000, 14, "no JSON object"),
        (START + b"c" + bytes(13), len(START), "the sender is 99"),
        (START + b"a\4" + bytes(12), len(START), "the kind is 4"),
        (START + pack_record(Sender.A, Kind.DATA, 0), len(START), "DATA record of 0 bytes"),
        (START + struct.pack(">BBIQ", 97, 0, MAX_PAYLOAD + 1, 0), len(START), "of 65537 bytes"),
        (START + pack_record(Sender.A, Kind.EOF, 0, b"x"), len(START), "EOF record of 1 bytes"),
        (START + pack_record(Sender.A, Kind.GAP, 0, b"x"), len(START), "GAP record of 1 bytes"),
        (START + CLOSE + CLOSE, len(START) + 14, "follows the CLOSE"),
        (
            START + pack_record(Sender.A, Kind.EOF, 0) + pack_record(Sender.A, Kind.DATA, 0, b"x"),
            len(START) + 14,
            "follows the end of its sender's stream",
        ),
    ],
)
def test_a_broken_tape_is_refused_at_its_offset_and_stays_so(tape: bytes, offset: int, text: str) -> None:
    for step in (1, len(tape)):
        reader = TapeReader()
        with pytest.raises(TapeError, match=text) as caught:
            feed(reader, tape, step)
        assert caught.value.offset == offset
        with pytest.raises(TapeError, match=text):
            reader.next_record()


def test_what_came_before_the_broken_place_is_usable() -> None:
    reader = TapeReader()
    reader.feed(START + pack_record(Sender.B, Kind.DATA, 0, b"good") + b"\xff" * 14)
    record = reader.next_record()
    assert record is not None
    assert record.payload == b"good"
    with pytest.raises(TapeError):
        reader.next_record()


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_waited_for(garbage: bytes) -> None:
    for head in (b"", START):
        reader = TapeReader()
        with contextlib.suppress(TapeError):
            feed(reader, head + garbage, 1)
        assert reader.offset + reader.left <= len(head + garbage)


def test_a_header_that_is_too_long_is_not_written() -> None:
    with pytest.raises(ValueError, match="shorten it"):
        pack_start({"x": "y" * MAX_HEADER})
