from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.channels.buffer import BufferChannel
from iochan.core.op import run
from iochan.crypto.block import LuksError, create_luks_op
from iochan.crypto.block.header import HEADER_LENGTH, pack_header, parse_header, slot_sectors

NAME, MODE, HASH, PAYLOAD, KEY_LENGTH, ITERATIONS = 8, 40, 72, 104, 108, 164
SLOT = 208


@pytest.fixture(scope="module")
def good() -> bytes:
    image = BufferChannel()
    run(create_luks_op(image, b"password", 512, iterations=1000))
    return image.contents()[:HEADER_LENGTH]


def field(offset: int, text: bytes, size: int = 32) -> Callable[[bytearray], None]:
    def change(header: bytearray) -> None:
        header[offset : offset + size] = text.ljust(size, b"\0")

    return change


def number(offset: int, value: int) -> Callable[[bytearray], None]:
    def change(header: bytearray) -> None:
        struct.pack_into(">I", header, offset, value)

    return change


def slot(index: int, place: int, value: int) -> Callable[[bytearray], None]:
    return number(SLOT + 48 * index + place, value)


BAD = {
    "cipher-name-nul-term": (field(NAME, b"a" * 32), "cipher name does not end within its 32 bytes"),
    "cipher-mode-nul-term": (field(MODE, b"a" * 32), "cipher mode does not end within its 32 bytes"),
    "hash-spec-nul-term": (field(HASH, b"a" * 32), "hash does not end within its 32 bytes"),
    "cipher-name-empty": (field(NAME, b""), "cipher name is empty"),
    "cipher-name-unknown": (field(NAME, b"aess"), "unknown LUKS cipher 'aess'.*did you mean 'aes'"),
    "cipher-xts-size": (
        number(KEY_LENGTH, 33),
        "key of aes-xts has 33 bytes: it must have 32, 48, 64",
    ),
    "cipher-cbc-size": (
        lambda header: (field(MODE, b"cbc-plain64")(header), number(KEY_LENGTH, 33)(header)),
        "master key of aes-cbc has 33 bytes: it must have 16, 24, 32",
    ),
    "cipher-mode-empty": (field(MODE, b""), "cipher mode is empty"),
    "cipher-mode-unknown": (field(MODE, b"xfs-plain64"), "unknown LUKS cipher mode 'xfs'"),
    "ivgen-separator": (field(MODE, b"xts:plain64"), "has no '-'"),
    "ivgen-name-empty": (field(MODE, b"xts-"), "has no vector generator"),
    "ivgen-name-unknown": (field(MODE, b"xts-plain65"), "unknown LUKS vector generator 'plain65'"),
    "ivgen-hash-empty": (field(MODE, b"xts-essiv:"), "has no hash behind ':'"),
    "ivgen-hash-unknown": (field(MODE, b"xts-essiv:sha257"), "vector hash: unknown hash 'sha257'"),
    "hash-spec-empty": (field(HASH, b""), "hash is empty"),
    "hash-spec-unknown": (field(HASH, b"sha2566"), "unknown hash 'sha2566'"),
    "stripes": (slot(0, 44, 3999), "key slot 0 has 3999 stripes"),
    "key-overlap-header": (slot(0, 40, 1), "key slot 0 at sector 1 overlaps the header"),
    "key-overlap-key": (slot(0, 40, 20), "key slots 0 and 1 overlap"),
    "key-overlap-payload": (slot(7, 40, 4040 - 499), "key slot 7 at sector 3541 overlaps the payload"),
    "payload-overlap-header": (number(PAYLOAD, 1), "payload at sector 1 overlaps the header"),
    "iterations": (number(ITERATIONS, 0), "master key's iterations are 0"),
    "key-iterations": (slot(0, 4, 0), "key slot 0 has 0 iterations"),
    "iterations-many": (number(ITERATIONS, 1 << 31), "master key's iterations are 2147483648, not 1 to"),
    "key-iterations-many": (slot(0, 4, 1 << 31), "key slot 0 has 2147483648 iterations, not 1 to"),
    "slot-state": (slot(3, 0, 7), "key slot 3 is in the unknown state 0x00000007"),
    "essiv-without-hash": (field(MODE, b"cbc-essiv"), "essiv needs a hash"),
    "hash-without-essiv": (field(MODE, b"xts-plain64:sha256"), "nothing else has one"),
    "essiv-without-cipher": (field(MODE, b"xts-essiv:sha512"), "keys of 64 bytes: none has"),
    "no-ascii": (field(NAME, b"\xe9"), "is no ASCII"),
    "version-2": (lambda header: struct.pack_into(">H", header, 6, 2), "LUKS version 2: only version 1"),
    "no-magic": (field(0, b"QFI\xfb", 6), "no LUKS header"),
}


@pytest.mark.parametrize("case", BAD)
def test_each_damage_is_told_by_its_field(case: str, good: bytes) -> None:
    change, message = BAD[case]
    header = bytearray(good)
    change(header)
    with pytest.raises(LuksError, match=message):
        parse_header(bytes(header))


def test_a_good_header_comes_back_as_it_was(good: bytes) -> None:
    header = parse_header(good)
    assert pack_header(header) == good
    assert (header.algorithm, header.mode_text, header.hash) == ("aes-256", "xts-plain64", "sha256")
    assert header.payload == 8 + 8 * slot_sectors(64) == 4040
    assert [one.active for one in header.slots] == [True] + [False] * 7


def test_a_detached_header_has_its_payload_elsewhere(good: bytes) -> None:
    header = bytearray(good)
    number(PAYLOAD, 0)(header)
    assert parse_header(bytes(header)).detached
    assert not parse_header(good).detached


@given(place=st.integers(0, HEADER_LENGTH - 1), value=st.integers(0, 255))
def test_any_byte_may_be_anything(good: bytes, place: int, value: int) -> None:
    header = bytearray(good)
    header[place] = value
    try:
        parsed = parse_header(bytes(header))
    except LuksError:
        return
    assert parse_header(pack_header(parsed)) == parsed


def test_a_short_file_is_no_luks() -> None:
    with pytest.raises(LuksError, match="no LUKS header: it begins with b'LUKS"):
        parse_header(b"LUKS\xba\xbe\0\1")
