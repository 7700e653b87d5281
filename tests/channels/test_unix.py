"""Descriptors travel with their bytes, and are never lost without a word."""

from __future__ import annotations

import array
import fcntl
import os
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iochan.channels.unix import UnixChannel, socketpair
from iochan.core.blocked import Blocked
from iochan.core.condition import Condition
from iochan.core.errors import ChannelClosedError, DescriptorError, WouldBlock
from iochan.core.facts import LOCAL_ADDRESS, PEER_GID, PEER_PID, PEER_UID
from iochan.core.fd import MAX_FDS, FdBox, OwnedFd
from iochan.core.feature import Feature, ReadFlag
from iochan.core.writing import HasFileno
from tests.drivers import RunOp, each_driver


@pytest.fixture
def pair() -> Iterator[tuple[UnixChannel, UnixChannel]]:
    left, right = socketpair()
    with left, right:
        yield left, right


Pair = tuple[UnixChannel, UnixChannel]


def open_fds() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def read_with_box(channel: UnixChannel, size: int = 64) -> tuple[bytes, list[int]]:
    room = bytearray(size)
    box = FdBox()
    got = channel.readv([room], fds=box)
    return bytes(room[:got]), box.take_all()


def test_one_descriptor_sent_three_times_arrives_as_three_that_reach_the_same_file(
    pair: Pair, tmp_path: Path
) -> None:
    left, right = pair
    path = tmp_path / "file"
    with path.open("wb") as file:
        assert left.writev([b"twelve bytes"], fds=[file, file.fileno(), file]) == 12
        data, fds = read_with_box(right)
        assert data == b"twelve bytes"
        assert len({*fds, file.fileno()}) == 4
        for fd in fds:
            os.write(fd, b"x")
            os.close(fd)
    assert path.read_bytes() == b"xxx"


@each_driver
def test_descriptors_pass_under_every_driver(run_op: RunOp, pair: Pair) -> None:
    left, right = pair
    room = bytearray(4)
    with FdBox() as box:
        run_op(left.writev_op([b"data"], fds=[0]))
        assert run_op(right.readv_op([room], fds=box)) == 4
        assert len(box) == 1
    assert room == b"data"


def test_sockets_channels_and_owned_descriptors_can_be_sent(pair: Pair) -> None:
    left, right = pair
    with OwnedFd(os.dup(0)) as owned, socket.socket() as sock:
        things: list[HasFileno] = [owned, sock, left]
        left.writev([b"x"], fds=things)
    _, fds = read_with_box(right)
    assert len(fds) == 3
    for fd in fds:
        os.close(fd)


def test_received_descriptors_are_close_on_exec_and_block(pair: Pair) -> None:
    left, right = pair
    reader, writer = os.pipe()
    os.set_inheritable(reader, True)
    os.set_blocking(reader, False)
    left.writev([b"x"], fds=[reader])
    _, (fd,) = read_with_box(right)
    assert fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    assert os.get_blocking(fd)
    for number in (fd, reader, writer):
        os.close(number)


def test_as_many_as_the_kernel_carries_arrive_together(pair: Pair) -> None:
    left, right = pair
    left.writev([b"x"], fds=[0] * MAX_FDS)
    _, fds = read_with_box(right)
    assert len(fds) == MAX_FDS
    for fd in fds:
        os.close(fd)


def test_more_than_the_kernel_carries_are_refused_before_anything_is_sent(pair: Pair) -> None:
    left, right = pair
    with pytest.raises(DescriptorError, match="at most 253"):
        left.writev([b"x"], fds=[0] * (MAX_FDS + 1))
    right.blocking = False
    with pytest.raises(WouldBlock):
        right.read()


@pytest.mark.parametrize("verb", ["read", "readinto", "readv", "read_exactly", "try_readinto"])
def test_a_read_that_takes_no_descriptors_says_so_and_loses_nothing(pair: Pair, verb: str) -> None:
    left, right = pair
    left.writev([b"with"], fds=[0, 0])
    left.write_all(b"without")
    reads: dict[str, Callable[[], object]] = {
        "read": right.read,
        "readinto": lambda: right.readinto(bytearray(64)),
        "readv": lambda: right.readv([bytearray(2), bytearray(64)]),
        "read_exactly": lambda: right.read_exactly(8),
        "try_readinto": lambda: right.try_readinto(bytearray(64)),
    }
    for _ in range(2):
        with pytest.raises(DescriptorError, match=r"2 descriptors came on socketpair\[1\].*fds=FdBox"):
            reads[verb]()
    data, fds = read_with_box(right)
    assert data == b"with"
    assert len(fds) == 2
    assert right.read() == b"without"
    for fd in fds:
        os.close(fd)


def test_kept_descriptors_go_with_the_first_of_their_bytes(pair: Pair) -> None:
    left, right = pair
    left.writev([b"abcdef"], fds=[0])
    with pytest.raises(DescriptorError):
        right.read()
    data, fds = read_with_box(right, 2)
    assert (data, len(fds)) == (b"ab", 1)
    os.close(fds[0])
    assert right.ready(Condition.IN) is Condition.IN
    assert right.read(3) == b"cde"
    assert read_with_box(right) == (b"f", [])
    assert isinstance(right.ready(Condition.IN), Blocked)


def test_kept_bytes_count_for_a_watch_and_for_a_peek(pair: Pair) -> None:
    left, right = pair
    left.writev([b"abc"], fds=[0])
    with pytest.raises(DescriptorError):
        right.read()
    assert right.ready(Condition.IN) is Condition.IN
    assert right.peek() == b"abc"


def test_closing_the_channel_closes_the_descriptors_that_it_kept() -> None:
    before = open_fds()
    left, right = socketpair()
    left.writev([b"abc"], fds=[0] * 5)
    with pytest.raises(DescriptorError):
        right.read()
    left.close()
    right.close()
    assert open_fds() == before


def test_a_peek_leaves_descriptors_and_bytes_where_they_are(pair: Pair) -> None:
    left, right = pair
    left.writev([b"abc"], fds=[0])
    before = open_fds()
    assert right.peek() == b"abc"
    assert open_fds() == before
    data, fds = read_with_box(right)
    assert (data, len(fds)) == (b"abc", 1)
    os.close(fds[0])


def test_descriptors_are_not_mixed_with_those_of_the_next_message(pair: Pair) -> None:
    left, right = pair
    left.writev([b"one"], fds=[0])
    left.writev([b"two"], fds=[0, 0])
    first, second = read_with_box(right), read_with_box(right)
    assert (first[0], len(first[1])) == (b"one", 1)
    assert (second[0], len(second[1])) == (b"two", 2)
    for fd in first[1] + second[1]:
        os.close(fd)


def test_a_whole_record_is_read_with_its_descriptors(pair: Pair) -> None:
    left, right = pair
    left.writev([b"he"], fds=[0])
    left.write_all(b"ad")
    room = bytearray(4)
    with FdBox(limit=1) as box:
        right.readv_all([room], fds=box)
        assert len(box) == 1
    assert room == b"head"


def test_more_than_the_box_takes_is_an_error_that_closes_all(pair: Pair) -> None:
    left, right = pair
    left.writev([b"x"], fds=[0] * 4)
    before = open_fds()
    with (
        FdBox(limit=2) as box,
        pytest.raises(DescriptorError, match="4 descriptors came and the box has room for 2"),
    ):
        right.readv([bytearray(1)], fds=box)
    assert open_fds() == before


@pytest.mark.parametrize("boxed", [True, False])
def test_descriptors_that_cannot_be_installed_are_an_error_that_closes_the_rest(
    pair: Pair, boxed: bool
) -> None:
    left, right = pair
    left.writev([b"x"], fds=[0] * 8)
    before = open_fds()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 3, limits[1]))
    try:
        with FdBox() as box, pytest.raises(DescriptorError, match=r"lost on their way.*limit of open files"):
            right.readv([bytearray(1)], fds=box if boxed else None)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert open_fds() == before


def test_credentials_that_come_as_control_messages_are_passed_over(pair: Pair) -> None:
    left, right = pair
    right.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    left.writev([b"abc"], fds=[0] * MAX_FDS)
    data, fds = read_with_box(right)
    assert (data, len(fds)) == (b"abc", MAX_FDS)
    for fd in fds:
        os.close(fd)
    left.write_all(b"plain")
    assert right.read() == b"plain"


def test_a_closed_descriptor_is_refused_by_name(pair: Pair) -> None:
    left, _ = pair
    fd = os.dup(0)
    os.close(fd)
    with pytest.raises(DescriptorError, match=f"cannot pass .*{fd}.*not open"):
        left.writev([b"x"], fds=[fd])


def test_descriptors_need_a_byte_to_travel_with(pair: Pair) -> None:
    left, _ = pair
    with pytest.raises(DescriptorError, match="with no bytes"):
        left.writev([b""], fds=[0])


def test_a_raw_peer_that_sends_several_control_messages_is_understood(pair: Pair) -> None:
    left, right = pair
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))
    left.sock.sendmsg([b"x"], [rights, rights])
    _, fds = read_with_box(right)
    assert len(fds) == 2
    for fd in fds:
        os.close(fd)


def test_the_peer_is_known_by_process_user_and_group(pair: Pair) -> None:
    left, _ = pair
    assert left.extra(PEER_PID) == os.getpid()
    assert left.extra(PEER_UID) == os.geteuid()
    assert left.extra(PEER_GID) == os.getegid()
    assert left.extra(LOCAL_ADDRESS) == "unix:"


def test_the_features_say_what_a_unix_socket_can(pair: Pair) -> None:
    wanted = Feature.FD_PASS | Feature.SHUTDOWN | Feature.PEEK | Feature.HALF_CLOSE | Feature.CONCURRENT
    assert pair[0].features == wanted


def test_would_block_is_a_value_below_and_an_error_above(pair: Pair) -> None:
    _, right = pair
    assert right.try_readv([memoryview(bytearray(4))]) is right.blocked_in
    right.blocking = False
    with pytest.raises(WouldBlock):
        right.readinto(bytearray(4))
    with pytest.raises(WouldBlock):
        right.readv([bytearray(4)], fds=FdBox())


def test_a_lazy_try_after_a_short_read_does_not_ask_the_kernel(pair: Pair) -> None:
    left, right = pair
    view = memoryview(bytearray(8))
    left.write_all(b"abc")
    assert right.try_readv([view]) == 3
    left.write_all(b"def")
    assert right.try_readv([view], None, ReadFlag.LAZY) is right.blocked_in
    assert right.try_readv([view]) == 3


def test_an_empty_buffer_reads_nothing_and_does_not_wait(pair: Pair) -> None:
    assert pair[1].readinto(bytearray()) == 0
    assert pair[1].readinto(array.array("i")) == 0


def test_any_contiguous_buffer_is_read_into(pair: Pair) -> None:
    left, right = pair
    numbers = array.array("i", [0, 0])
    left.write_all(array.array("i", [7, 9]).tobytes())
    assert right.readinto(numbers) == numbers.itemsize * 2
    assert numbers.tolist() == [7, 9]


def test_more_buffers_than_one_call_takes_are_read_and_written(pair: Pair) -> None:
    left, right = pair
    assert left.writev([b"x"] * 2000) == 1024
    assert right.readv([bytearray(1) for _ in range(2000)]) == 1024


def test_the_end_of_the_stream_is_0_for_ever(pair: Pair) -> None:
    left, right = pair
    left.write_all(b"end")
    left.close()
    assert right.read() == b"end"
    assert right.read() == b""
    assert read_with_box(right) == (b"", [])


def test_a_closed_channel_refuses_descriptors_as_anything_else(pair: Pair) -> None:
    left, _ = pair
    left.close()
    with pytest.raises(ChannelClosedError):
        left.writev([b"x"], fds=[0])
    with pytest.raises(ChannelClosedError):
        left.readv([bytearray(1)], fds=FdBox())
