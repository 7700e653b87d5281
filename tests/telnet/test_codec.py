from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.targets.telnet import ROOM, one_input, take_all
from iochan.core.codec import BATCH, STARVED
from iochan.core.errors import LimitExceeded, TruncatedError
from iochan.telnet.codec import MAX_SUBNEGOTIATION, TelnetCodec
from iochan.telnet.command import DO, IAC, SB, SE, WILL, Command
from iochan.telnet.dialogue import Dialogue
from iochan.telnet.errors import SubnegotiationTooLong, TelnetError
from iochan.telnet.option import Option
from iochan.telnet.terms import TelnetTerms


def make(*, server: bool = True, binary: bool = False, enter: bool = False) -> TelnetCodec:
    codec = TelnetCodec(Dialogue(TelnetTerms(server=server, binary=binary, enter=enter)))
    codec.outgoing(ROOM)
    return codec


def decode(codec: TelnetCodec, *pieces: bytes) -> bytes:
    got = bytearray()
    for piece in pieces:
        codec.receive(memoryview(piece))
        assert take_all(codec, got) is None
    return bytes(got)


def encode(codec: TelnetCodec, *pieces: bytes) -> bytes:
    size, wire = codec.encode(pieces, ROOM)
    assert size == sum(map(len, pieces))
    return b"".join(wire)


@pytest.mark.parametrize(
    ("wire", "data"),
    [
        (b"plain", b"plain"),
        (b"\xff\xff", b"\xff"),
        (b"\xff\xff\xff\xff\xff\xf1", b"\xff\xff"),
        (b"a\r\0b", b"a\rb"),
        (b"a\r\nb", b"a\r\nb"),
        (b"\r\0\0\n", b"\r\0\n"),
        (b"\r\0\n", b"\r\n"),
        (b"\r\xff\xf1\0x", b"\rx"),
        (b"\r\r\0", b"\r\r"),
        (b"\0", b"\0"),
        (b"a\xff\x07b", b"ab"),
        (b"a\xff\xf0b", b"ab"),
    ],
)
def test_data_is_taken_out_of_the_wire(wire: bytes, data: bytes) -> None:
    assert decode(make(), wire) == data
    assert decode(make(), *(wire[at : at + 1] for at in range(len(wire)))) == data


@pytest.mark.parametrize(
    ("wire", "data"),
    [(b"\r\n", b"\r"), (b"\r\0", b"\r"), (b"\r\0\n", b"\r\n"), (b"\r\n\0", b"\r\0"), (b"\n", b"\n")],
)
def test_every_enter_key_is_a_carriage_return_for_who_asks(wire: bytes, data: bytes) -> None:
    assert decode(make(enter=True), wire) == data
    assert decode(make(enter=True), *(wire[at : at + 1] for at in range(len(wire)))) == data


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        (b"plain", b"plain"),
        (b"\xff", b"\xff\xff"),
        (b"a\rb", b"a\r\0b"),
        (b"a\r\nb", b"a\r\nb"),
        (b"\r\0\n", b"\r\0\0\n"),
        (b"\r", b"\r\0"),
    ],
)
def test_data_is_put_on_the_wire(data: bytes, wire: bytes) -> None:
    assert encode(make(), data) == wire


def test_a_binary_direction_doubles_only_iac() -> None:
    codec = make(binary=True)
    decode(codec, bytes((IAC, DO, Option.BINARY, IAC, WILL, Option.BINARY)))
    assert encode(codec, b"\r\xff\r\n") == b"\r\xff\xff\r\n"
    assert decode(codec, b"\r\0\xff\xff\r\n") == b"\r\0\xff\r\n"


def test_a_direction_is_binary_from_the_word_on() -> None:
    codec = make(binary=True)
    assert decode(codec, b"\r\0" + bytes((IAC, WILL, Option.BINARY)) + b"\r\0") == b"\r\r\0"


def test_small_writes_are_sealed_and_others_are_not() -> None:
    codec = make()
    assert codec.seal(b"abc", ROOM) == b"abc"
    assert not codec.seal(b"a\xff", ROOM)
    assert not codec.seal(b"a" * 5000, ROOM)


def test_a_batch_is_bounded() -> None:
    size, wire = make().encode((b"\xff" * (BATCH - 1), b"\r" * BATCH), ROOM)
    assert size == BATCH
    assert sum(map(len, wire)) == 2 * BATCH


def test_plain_data_goes_straight_through() -> None:
    codec = make()
    room = bytearray(10)
    assert codec.receive_into(memoryview(b"abcxx"), 3, room, False) == 3
    assert room[:3] == b"abc"
    assert codec.starved


def test_what_there_is_no_room_for_waits() -> None:
    codec = make()
    room = bytearray(2)
    assert codec.receive_into(memoryview(b"abc"), 3, room, False) == 2
    states = [codec.starved]
    assert codec.decode_into(room) == 1
    assert [*states, codec.starved] == [False, True]
    assert codec.decode_into(room) == STARVED


def test_the_end_between_two_commands_is_an_end() -> None:
    codec = make()
    codec.receive(memoryview(b""))
    assert codec.decode_into(bytearray(1)) == 0
    assert codec.decode_into(bytearray(1)) == 0


@pytest.mark.parametrize("tail", [b"\xff", b"\xff\xfb", b"\xff\xfa", b"\xff\xfa\x18", b"\xff\xfa\x18ab\xff"])
def test_the_end_within_a_command_is_told(tail: bytes) -> None:
    codec = make()
    decode(codec, b"data" + tail)
    codec.receive(memoryview(b""))
    with pytest.raises(TruncatedError, match="within a telnet command"):
        codec.decode_into(bytearray(1))
    assert codec.decode_into(bytearray(1), relaxed_eof=True) == 0


def test_an_endless_subnegotiation_is_refused_behind_the_data_before_it() -> None:
    codec = make()
    codec.receive(memoryview(b"data" + bytes((IAC, SB, 24)) + b"A" * MAX_SUBNEGOTIATION))
    room = bytearray(10)
    assert codec.decode_into(room) == 4
    assert codec.decode_into(room) == STARVED
    codec.receive(memoryview(b"A"))
    with pytest.raises(
        SubnegotiationTooLong, match=r"at offset 4: .*option 24 .*'AAA.*expected IAC SE within 1024"
    ) as caught:
        codec.decode_into(room)
    assert caught.value.offset == 4
    assert isinstance(caught.value, LimitExceeded)
    with pytest.raises(SubnegotiationTooLong):
        codec.decode_into(room)


def test_a_command_within_a_subnegotiation_is_refused() -> None:
    codec = make()
    codec.receive(memoryview(bytes((IAC, SB, 24, 0, IAC, WILL, 1))))
    with pytest.raises(TelnetError, match=r"at offset 0: IAC 251 within .*: expected IAC SE"):
        codec.decode_into(bytearray(1))


def test_an_unknown_subnegotiation_is_passed_over() -> None:
    assert decode(make(), b"a" + bytes((IAC, SB, 200, 1, IAC, IAC, 2, IAC, SE)) + b"b") == b"ab"


def test_a_flood_of_questions_owes_one_answer() -> None:
    codec = make()
    decode(codec, bytes((IAC, Command.ARE_YOU_THERE)) * 1000)
    assert b"".join(codec.outgoing(ROOM)) == b"\r\n[yes]\r\n"
    assert not codec.has_output


def test_a_storm_of_negotiation_owes_one_answer_for_each_option() -> None:
    codec = make()
    storm = b"".join(bytes((IAC, verb, option)) for verb in (251, 252, 253, 254) for option in range(256))
    for _ in range(20):
        decode(codec, storm)
    assert len(b"".join(codec.outgoing(ROOM))) <= 2 * 256 * 3 + 100


@given(
    st.integers(0, 255),
    st.lists(
        st.binary(max_size=8)
        | st.sampled_from(
            [
                b"\xff\xfa\x18\0xterm\xff\xf0",
                b"\xff\xfb\x18",
                b"\xff\xfb\x00",
                b"\xff\xfd\x00",
                b"\r\0",
                b"\r\n",
                b"\xff\xff",
                b"\xff\xf3",
            ]
        )
    ),
)
def test_whole_or_in_parts_the_wire_means_the_same(kind: int, pieces: list[bytes]) -> None:
    one_input(bytes((kind,)) + b"".join(pieces))
