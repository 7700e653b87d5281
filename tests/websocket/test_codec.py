"""The conformance of the codec: every case in both roles, whole, byte by byte and with bytes behind it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.codec import BATCH, STARVED
from iochan.core.errors import TruncatedError
from iochan.core.scratch import SCRATCH_SIZE
from iochan.websocket.codec import WebSocketCodec
from iochan.websocket.errors import FrameError, WebSocketClosedError
from iochan.websocket.masking import apply_mask
from tests.websocket.cases import CASES, Case, frame
from tests.websocket.opened import opened

ROOM = memoryview(bytearray(SCRATCH_SIZE))
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "websocket.md"


def feed(codec: WebSocketCodec, pieces: list[bytes], view: int = 4096) -> tuple[bytes, str]:
    """Return what a reader gets of *pieces*, and how it ends."""
    got, room = bytearray(), bytearray(view)
    try:
        for piece in pieces:
            size = codec.receive_into(memoryview(piece), len(piece), room, False)
            while size > 0:
                got += room[:size]
                size = codec.decode_into(room)
            if size == 0:
                return bytes(got), "end"
            assert codec.starved
    except FrameError as error:
        return bytes(got), f"refused {error.code}"
    except WebSocketClosedError as error:
        return bytes(got), f"failed {error.code}"
    except TruncatedError:
        return bytes(got), "cut"
    return bytes(got), "open"


def controls(codec: WebSocketCodec) -> list[tuple[int, bytes]]:
    """Return the control frames that *codec* sends now."""
    wire = b"".join(codec.outgoing(ROOM)) if codec.has_output else b""
    frames = []
    while wire:
        masked, size = wire[1] & 0x80, wire[1] & 0x7F
        body = wire[6 : 6 + size] if masked else wire[2 : 2 + size]
        frames.append((wire[0] & 0x0F, apply_mask(body, wire[2:6]) if masked else body))
        wire = wire[(6 if masked else 2) + size :]
    return frames


@pytest.mark.parametrize("server", [True, False], ids=["server", "client"])
@pytest.mark.parametrize("how", ["whole", "bytewise", "trailing"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_rule_of_the_rfc_holds(case: Case, how: str, server: bool) -> None:
    codec = opened(server=server, text=case.text)
    wire = b"".join(part.wire(to_server=server) for part in case.parts)
    expected = case.payload
    pieces = [wire]
    if how == "bytewise":
        pieces = [wire[at : at + 1] for at in range(len(wire))]
    elif how == "trailing" and case.outcome != "cut":
        pieces = [wire + frame(0x82, b"tail", masked=server)]
        expected += b"tail" if case.outcome == "open" else b""
    if case.outcome == "cut":
        pieces.append(b"")
    got, outcome = feed(codec, pieces)
    assert outcome == case.outcome
    # A character that proves wrong with its last byte may have come out in part.
    assert got == expected or (case.outcome == "refused 1007" and len(got) < 4)
    sent = list(case.sent)
    if case.outcome.startswith("refused"):
        sent = [(8, int(case.outcome[8:]).to_bytes(2, "big"))]
    assert controls(codec) == sent


def test_the_manual_has_the_table_of_cases() -> None:
    page = PAGE.read_text()
    for case in CASES:
        row = f"| {case.section} | {case.name} | {case.outcome} |"
        assert row in page, row


@given(st.binary(max_size=600), st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(1, 9))
def test_payload_comes_out_whole_however_the_wire_and_the_reader_cut_it(
    data: bytes, cuts: list[int], view: int
) -> None:
    codec = opened(server=True)
    wire = frame(0x02, data, masked=True) + frame(0x89, b"p", masked=True) + frame(0x80, data, masked=True)
    pieces, at, turn = [], 0, 0
    while at < len(wire):
        size = cuts[turn % len(cuts)]
        pieces.append(wire[at : at + size])
        at, turn = at + size, turn + 1
    assert feed(codec, pieces, view) == (data * 2, "open")


@pytest.mark.parametrize("server", [True, False])
def test_a_long_length_is_not_taken_for_one_byte(server: bool) -> None:
    wire = frame(0x82, b"x" * 70_000, masked=server)
    start = 127 + (6 if server else 2)
    assert feed(opened(server=server), [wire[:start], wire[start:]]) == (b"x" * 70_000, "open")


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=5), st.booleans())
def test_what_one_side_encodes_the_other_decodes(pieces: list[bytes], server: bool) -> None:
    codec, peer = opened(server=server), opened(server=not server)
    size, wire = codec.encode(pieces, ROOM)
    assert size == sum(map(len, pieces))
    assert feed(peer, [b"".join(wire)]) == (b"".join(pieces), "open")
    if sealed := codec.seal(pieces[0], ROOM):
        assert feed(peer, [bytes(sealed)]) == (pieces[0], "open")


@pytest.mark.parametrize("server", [True, False])
def test_one_batch_at_most_is_accepted(server: bool) -> None:
    codec, peer = opened(server=server), opened(server=not server)
    size, wire = codec.encode([b"a" * 10, b"b" * 2 * BATCH], ROOM)
    assert size == BATCH
    assert feed(peer, [b"".join(wire)]) == (b"a" * 10 + b"b" * (BATCH - 10), "open")


def test_masking_keys_do_not_repeat() -> None:
    codec = opened(server=False)
    keys = {bytes(codec.seal(b"x", ROOM)[2:6]) for _ in range(3000)}
    assert len(keys) > 2990


def test_a_flood_of_pings_owes_one_pong() -> None:
    codec = opened(server=True)
    for turn in range(1000):
        wire = frame(0x89, b"%d" % turn, masked=True)
        assert codec.receive_into(memoryview(wire), len(wire), bytearray(1), False) == STARVED
    assert controls(codec) == [(0xA, b"999")]


def test_both_closes_cross_without_a_second_answer() -> None:
    codec = opened(server=True)
    codec.goodbye()
    codec.goodbye()
    assert controls(codec) == [(8, b"\x03\xe8")]
    assert feed(codec, [frame(0x88, b"\x03\xe8", masked=True)]) == (b"", "end")
    assert not codec.has_output


def test_an_error_names_the_place_of_the_frame() -> None:
    codec = opened(server=True)
    good = frame(0x82, b"x" * 300, masked=True)
    wire = good + frame(0x83, masked=True)
    assert feed(codec, [wire[at : at + 1] for at in range(len(wire))]) == (b"x" * 300, "refused 1002")
    with pytest.raises(FrameError, match=r"offset 308: unknown opcode 0x3: expected 0, 1, 2, 8, 9") as caught:
        codec.decode_into(bytearray(1))
    assert caught.value.offset == len(good) == 308


SAID = {
    "reserved bits 0x40": (
        1002,
        "reserved bits in its first byte 0xc2: expected none, as nothing was agreed",
    ),
    "opcode 0x3": (1002, "unknown opcode 0x3: expected 0, 1, 2, 8, 9 or 10"),
    "16 bits for a length of 125": (1002, "length 125 in 2 bytes: expected the shortest form"),
    "64 bits for a length of 65535": (1002, "length 65535 in 8 bytes: expected the shortest form"),
    "a length with its top bit set": (1002, "the top bit of its length is set: expected at most 63 bits"),
    "a continuation of nothing": (1002, "a continuation of no message: expected a first frame"),
    "a ping of 126 bytes": (1002, "a control frame of more than 125 bytes: expected a shorter one"),
    "a ping in fragments": (1002, "a control frame in fragments: expected one whole"),
    "a close with one byte": (1002, "a close with one byte: expected a registered code or 3000 to 4999"),
    "a close with 1005": (1002, "a close with code 1005: expected a registered code or 3000 to 4999"),
    "a reason that is no UTF-8": (1007, "a close whose reason is no UTF-8 .*: expected UTF-8"),
    "text that is not taken": (1003, "text: expected binary frames, or the option text=on here"),
    "text that is no UTF-8": (1007, "text that is no UTF-8 .*: expected UTF-8"),
}


@pytest.mark.parametrize("server", [True, False], ids=["server", "client"])
@pytest.mark.parametrize("name", SAID)
def test_an_error_says_where_and_what_came_and_what_was_expected(name: str, server: bool) -> None:
    (case,) = (case for case in CASES if case.name == name)
    codec = opened(server=server, text=case.text)
    before = frame(0x82, b"fine", masked=server)
    assert feed(codec, [before])[1] == "open"
    wire = b"".join(part.wire(to_server=server) for part in case.parts)
    code, said = SAID[name]
    with pytest.raises(
        FrameError, match=rf"at offset {len(before)}: {said} \(closed with {code}\)"
    ) as caught:
        codec.receive_into(memoryview(wire), len(wire), bytearray(100), False)
    assert (caught.value.code, caught.value.offset) == (code, len(before))


@pytest.mark.parametrize(
    ("server", "said"), [(True, "not masked: expected a mask"), (False, "masked: expected none")]
)
def test_the_wrong_masking_is_told_by_role(server: bool, said: str) -> None:
    codec = opened(server=server)
    wire = frame(0x82, b"x", masked=not server)
    with pytest.raises(FrameError, match=f"at offset 0: {said}"):
        codec.receive_into(memoryview(wire), len(wire), bytearray(1), False)


def test_a_new_message_inside_one_is_told_with_its_place() -> None:
    codec = opened(server=False)
    assert (
        feed(codec, [frame(0x02, b"a", masked=False), frame(0x82, b"b", masked=False)])[1] == "refused 1002"
    )
    with pytest.raises(FrameError, match="at offset 3: a new message inside one: expected its continuation"):
        codec.decode_into(bytearray(1))


def test_text_that_goes_wrong_late_is_told_by_its_frame() -> None:
    codec = opened(server=True, text=True)
    wire = frame(0x81, b"ok", masked=True) + frame(0x81, b"y" * 50 + b"\xff", masked=True)
    assert feed(codec, [wire[at : at + 1] for at in range(len(wire))])[1] == "refused 1007"
    with pytest.raises(FrameError, match="at offset 8: text that is no UTF-8"):
        codec.decode_into(bytearray(1))


ENDS = {
    "between two frames": (frame(0x82, b"ab", masked=True), "at offset 8, between two frames"),
    "in a header": (b"\x82", "at offset 1, in a frame's header"),
    "in a key": (b"\x82\x85\0\0", "at offset 4, in a frame's header"),
    "in a ping": (b"\x89\x85\0\0\0\0ab", "at offset 8, in a frame's header"),
    "in a frame": (
        frame(0x82, b"ab", masked=True) + b"\x82\x85\0\0\0\0ab",
        "at offset 16, 3 bytes before the end of the frame at offset 8",
    ),
    "in a message": (b"\x02\x82\0\0\0\0ab", "at offset 8, between two fragments of a message"),
}


@pytest.mark.parametrize(("wire", "said"), ENDS.values(), ids=ENDS.keys())
def test_an_end_without_a_close_says_where(wire: bytes, said: str) -> None:
    codec = opened(server=True)
    feed(codec, [wire])
    with pytest.raises(TruncatedError, match=f"ended {said}: expected a close; what came may be cut, ask"):
        codec.receive_into(memoryview(b""), 0, bytearray(1), False)


def test_a_frame_of_a_gibibyte_costs_no_memory() -> None:
    codec = opened(server=True)
    head = frame(0x82, masked=True, size=1 << 30)
    wire, view = memoryview(bytes(SCRATCH_SIZE)), bytearray(SCRATCH_SIZE)
    codec.receive_into(memoryview(head), len(head), view, False)
    tracemalloc.start()
    try:
        for _ in range(64):
            assert codec.receive_into(wire, len(wire), view, False) == SCRATCH_SIZE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
