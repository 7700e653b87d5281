from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iochan.channels.buffer import BufferChannel
from iochan.channels.pair import memory_pair
from iochan.core.errors import LocalProtocolError, UnsupportedFeature
from iochan.core.op import Op, run
from iochan.crypto.block import (
    LuksChannel,
    LuksError,
    WrongPassword,
    add_key_op,
    create_luks_op,
    has_luks,
    open_luks_op,
    read_header_op,
    remove_key_op,
)
from iochan.crypto.block.sectors import SectorCipher
from iochan.crypto.errors import AlgorithmUnavailable, UnknownAlgorithm
from iochan.testing.drivers import DRIVERS, Driver

SIZE = 64 * 1024


def make(**choices: str) -> bytes:
    image = BufferChannel()
    run(create_luks_op(image, b"password", SIZE, iterations=1000, **choices))  # type: ignore[arg-type] # texts
    return image.contents()


@pytest.fixture(scope="module")
def image() -> bytes:
    return make()


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"algorithm": "aes-128", "mode": "cbc", "ivgen": "essiv", "iv_hash": "sha256"},
        {"algorithm": "aes-192", "mode": "cbc", "ivgen": "plain", "hash_algorithm": "sha1"},
        {"algorithm": "camellia-256", "mode": "cbc", "ivgen": "plain64", "hash_algorithm": "sha512"},
        {"algorithm": "cast5-128", "mode": "cbc", "ivgen": "plain64"},
        {"algorithm": "aes-256", "mode": "ctr", "ivgen": "plain64"},
        {"algorithm": "aes-256", "mode": "ecb", "ivgen": "plain64"},
    ],
    ids=lambda choices: "-".join(choices.values()) or "default",
)
def test_what_is_made_opens_and_keeps_what_is_written(choices: dict[str, str]) -> None:
    data = make(**choices)
    assert has_luks(data)
    store = BufferChannel(data)
    plain = run(open_luks_op(store, b"password"))
    assert plain.size == SIZE
    message = os.urandom(1000)
    plain.pwritev([message], 700)
    again = run(open_luks_op(BufferChannel(store.contents()), b"password"))
    room = bytearray(1000)
    assert again.preadv([room], 700) == 1000
    assert room == message
    assert message not in store.contents()


@pytest.mark.parametrize("drive", list(DRIVERS.values()), ids=list(DRIVERS))
def test_any_driver_runs_it(drive: Driver, image: bytes) -> None:
    (plain,) = drive(open_luks_op(BufferChannel(image), b"password"))
    assert isinstance(plain, LuksChannel)
    assert plain.size == SIZE


def test_a_wrong_password_is_told_and_the_image_stays_the_callers(image: bytes) -> None:
    store = BufferChannel(image)
    with pytest.raises(WrongPassword, match="opens none of the image's 1 key slots") as caught:
        run(open_luks_op(store, b"hunter2"))
    assert "hunter2" not in str(caught.value)
    assert not store.closed


def test_keys_are_added_and_removed(image: bytes) -> None:
    store = BufferChannel(image)
    assert run(add_key_op(store, b"password", b"second", iterations=1000)) == 1
    assert run(add_key_op(store, b"second", b"third", slot=5, iterations=1000)) == 5
    header = run(read_header_op(store))
    assert [number for number, slot in enumerate(header.slots) if slot.active] == [0, 1, 5]
    old = store.contents()[header.slots[0].offset * 512 :][:256000]
    assert run(remove_key_op(store, password=b"password")) == [0]
    assert run(remove_key_op(store, slot=5)) == [5]
    assert store.contents()[header.slots[0].offset * 512 :][:256000] != old
    for password in (b"password", b"third"):
        with pytest.raises(WrongPassword):
            run(open_luks_op(BufferChannel(store.contents()), password))
    assert run(open_luks_op(store, b"second")).size == SIZE


def test_the_last_key_stays_unless_forced(image: bytes) -> None:
    store = BufferChannel(image)
    with pytest.raises(LuksError, match="that is the last key"):
        run(remove_key_op(store, slot=0))
    with pytest.raises(LuksError, match="that is the last key"):
        run(remove_key_op(store, password=b"password"))
    assert run(remove_key_op(store, slot=0, force=True)) == [0]
    with pytest.raises(WrongPassword, match="none of the image's 0 key slots"):
        run(open_luks_op(store, b"password"))


def test_slots_are_not_overwritten_by_mistake(image: bytes) -> None:
    store = BufferChannel(image)
    with pytest.raises(LuksError, match="key slot 0 holds a key"):
        run(add_key_op(store, b"password", b"x", slot=0, iterations=1000))
    with pytest.raises(LuksError, match="no LUKS key slot 8"):
        run(add_key_op(store, b"password", b"x", slot=8, iterations=1000))
    with pytest.raises(LuksError, match="key slot 3 holds no key"):
        run(remove_key_op(store, slot=3))
    with pytest.raises(LuksError, match="either its slot or its password"):
        run(remove_key_op(store))
    with pytest.raises(WrongPassword):
        run(add_key_op(store, b"wrong", b"x", iterations=1000))
    with pytest.raises(LuksError, match="999 iterations"):
        run(add_key_op(store, b"password", b"x", iterations=999))
    assert store.contents() == image
    for _ in range(7):
        run(add_key_op(store, b"password", b"x", iterations=1000))
    with pytest.raises(LuksError, match="all 8 LUKS key slots are taken"):
        run(add_key_op(store, b"password", b"x", iterations=1000))


def test_a_header_may_lie_apart() -> None:
    header, payload = BufferChannel(), BufferChannel()
    run(create_luks_op(payload, b"password", SIZE, header=header, iterations=1000))
    assert len(payload.contents()) == SIZE
    assert run(add_key_op(header, b"password", b"other", iterations=1000)) == 1
    plain = run(open_luks_op(payload, b"other", header=header))
    plain.pwritev([b"secret"], 0)
    assert plain.size == SIZE
    assert b"secret" not in payload.contents()
    assert run(remove_key_op(header, password=b"other")) == [1]
    with pytest.raises(LuksError, match="is a header without its image: give the image"):
        run(open_luks_op(header, b"password"))


def test_a_copy_of_a_header_opens_an_image_whose_own_is_lost(image: bytes) -> None:
    damaged = BufferChannel(bytes(4096) + image[4096:])
    with pytest.raises(LuksError, match="no LUKS header"):
        run(open_luks_op(damaged, b"password"))
    plain = run(open_luks_op(damaged, b"password", header=BufferChannel(image[: 2 << 20])))
    assert plain.size == SIZE


@pytest.mark.slow
def test_iterations_are_measured_by_default() -> None:
    image = BufferChannel()
    header = run(create_luks_op(image, b"password", 0, iteration_time=10))
    assert header.slots[0].iterations >= 1000
    assert header.digest_iterations >= 1000


def test_what_cannot_be_is_refused_before_anything_is_written() -> None:
    image = BufferChannel()
    with pytest.raises(LuksError, match="give a multiple of 512"):
        run(create_luks_op(image, b"x", 100, iterations=1000))
    with pytest.raises(LuksError, match="essiv needs a hash"):
        run(create_luks_op(image, b"x", 512, ivgen="essiv", iterations=1000))
    with pytest.raises(UnknownAlgorithm, match="unknown vector generator 'plane'"):
        run(create_luks_op(image, b"x", 512, ivgen="plane", iterations=1000))
    with pytest.raises(AlgorithmUnavailable, match="cast5-128 cannot work in xts"):
        run(create_luks_op(image, b"x", 512, algorithm="cast5-128", iterations=1000))
    with pytest.raises(LuksError, match="at most"):
        run(create_luks_op(image, b"x", 1 << 70, iterations=1000))
    assert image.contents() == b""


@pytest.mark.parametrize("place", [164, 208 + 4], ids=["master key", "slot"])
def test_a_header_that_asks_for_years_of_work_is_refused_at_once(place: int, image: bytes) -> None:
    hostile = bytearray(image)
    hostile[place : place + 4] = ((1 << 31) - 1).to_bytes(4, "big")
    store = BufferChannel(hostile)
    operations: tuple[Op[object], ...] = (
        open_luks_op(store, b"password"),
        add_key_op(store, b"password", b"other", iterations=1000),
        remove_key_op(store, password=b"password", force=True),
    )
    for operation in operations:
        with pytest.raises(LuksError, match=r"2147483647.*60 s are allowed; allow more if you trust"):
            run(operation)
    assert store.contents() == hostile


def test_the_time_is_of_all_slots_together_and_may_be_raised(image: bytes) -> None:
    store = BufferChannel(image)
    for _ in range(3):
        run(add_key_op(store, b"password", b"other", iterations=100_000))
    assert run(open_luks_op(store, b"other", max_seconds=None)).size == SIZE
    assert run(open_luks_op(store, b"password", max_seconds=0.02)).size == SIZE
    with pytest.raises(LuksError, match=r"0\.02 s are allowed"):
        run(open_luks_op(store, b"nobody's", max_seconds=0.02))
    with pytest.raises(WrongPassword):
        run(open_luks_op(store, b"nobody's", max_seconds=100))


def test_a_cut_image_is_told(image: bytes) -> None:
    with pytest.raises(LuksError, match=r"ends \d+ bytes before the end of LUKS key material"):
        run(open_luks_op(BufferChannel(image[:5000]), b"password"))
    with pytest.raises(LuksError, match="before the end of the LUKS header"):
        run(open_luks_op(BufferChannel(image[:100]), b"password"))


def test_only_a_channel_with_offsets_will_do(image: bytes) -> None:
    header = run(read_header_op(BufferChannel(image)))
    near, far = memory_pair()
    with near, far, pytest.raises(UnsupportedFeature, match="a file, a device or a buffer"):
        LuksChannel(near, SectorCipher(header, bytes(range(64))), header)


def test_it_has_a_position_and_an_end(image: bytes) -> None:
    plain = run(open_luks_op(BufferChannel(image), b"password"))
    assert plain.seek(0, os.SEEK_END) == SIZE
    assert plain.read(10) == b""
    assert plain.seek(-10, os.SEEK_END) == SIZE - 10
    plain.write_all(b"0123456789")
    with pytest.raises(LocalProtocolError, match="would end behind them"):
        plain.write(b"x")
    assert plain.seek(-20, os.SEEK_CUR) == SIZE - 20
    assert plain.read()[10:] == b"0123456789"
    with pytest.raises(ValueError, match="offsets start at 0"):
        plain.seek(-1)
    with pytest.raises(ValueError, match="offsets start at 0"):
        plain.preadv([bytearray(1)], -1)


def test_a_large_write_and_read_go_through_in_parts() -> None:
    image = BufferChannel()
    run(create_luks_op(image, b"x", 1 << 20, iterations=1000))
    plain = run(open_luks_op(image, b"x"))
    data = os.urandom(700_001)
    plain.seek(333)
    plain.write_all(data)
    plain.seek(333)
    assert plain.read_exactly(len(data)) == data


@pytest.fixture(scope="module")
def opened(image: bytes) -> Callable[[], LuksChannel]:
    return lambda: run(open_luks_op(BufferChannel(image), b"password"))


PIECES = st.lists(st.binary(min_size=1, max_size=900), min_size=1, max_size=3)


@settings(deadline=None, max_examples=30)
@given(
    writes=st.lists(
        st.tuples(
            st.integers(0, 5000), st.lists(st.binary(min_size=1, max_size=900), min_size=1, max_size=3)
        ),
        max_size=6,
    ),
    start=st.integers(0, 7000),
    size=st.integers(1, 3000),
)
def test_it_behaves_as_plain_memory(
    opened: Callable[[], LuksChannel], writes: list[tuple[int, list[bytes]]], start: int, size: int
) -> None:
    plain = opened()
    model = bytearray(8192)
    plain.preadv([model], 0)
    for offset, pieces in writes:
        whole = b"".join(pieces)
        put = plain.pwritev(pieces, offset)
        assert put == len(whole)
        model[offset : offset + len(whole)] = whole
    room = bytearray(min(size, len(model) - start))
    assert plain.preadv([room], start) == len(room)
    assert room == model[start : start + size]
