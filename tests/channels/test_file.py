from __future__ import annotations

import errno
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.channels.file import FileChannel
from iochan.core.condition import Condition
from iochan.core.errors import ChannelBrokenError, ChannelClosedError, ConnectError, UnsupportedFeature
from iochan.core.feature import Feature
from iochan.core.op import Op
from tests.descriptors import no_descriptor_is_left
from tests.drivers import RunOp, each_driver


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    place.write_bytes(b"0123456789")
    return place


@each_driver
def test_it_reads_and_writes_under_every_driver(run_op: RunOp, path: Path) -> None:
    with FileChannel.open(path, "rw") as channel:

        def op() -> Op[bytes]:
            first = yield from channel.read_exactly_op(4)
            yield from channel.write_all_op(b"abc")
            yield from channel.pwritev_op([b"X", b"Y"], 8)
            room = bytearray(2)
            yield from channel.preadv_op([room], 8)
            return first + room + (yield from channel.read_op())

        assert run_op(op()) == b"0123XY7XY"
    assert path.read_bytes() == b"0123abc7XY"


@each_driver
def test_it_is_synced_with_the_disk_under_every_driver(run_op: RunOp, path: Path) -> None:
    with FileChannel.open(path, "rw") as channel:
        channel.write_all(b"AB")
        run_op(channel.sync_op())
    assert path.read_bytes() == b"AB23456789"
    with FileChannel.open(path) as reader:
        reader.sync()
    with pytest.raises(ChannelClosedError, match="is closed"):
        reader.sync()


def test_what_has_no_disk_behind_it_needs_no_sync() -> None:
    with FileChannel.open("/dev/null", "w") as channel:
        channel.write_all(b"gone")
        assert channel.try_sync() is None


def test_it_is_ready_for_whatever_is_asked(path: Path) -> None:
    with FileChannel.open(path) as channel:
        for condition in (Condition.IN, Condition.OUT, Condition.IN | Condition.OUT):
            assert channel.ready(condition) == condition


def test_w_empties_and_rw_keeps_and_a_appends(path: Path) -> None:
    with FileChannel.open(path, "rw") as channel:
        channel.write_all(b"AB")
    assert path.read_bytes() == b"AB23456789"
    with FileChannel.open(path, "a") as channel:
        channel.write_all(b"!")
    assert path.read_bytes() == b"AB23456789!"
    with FileChannel.open(path, "w") as channel:
        channel.write_all(b"new")
    assert path.read_bytes() == b"new"


def test_a_new_file_gets_the_permissions_that_were_asked_for(tmp_path: Path) -> None:
    FileChannel.open(tmp_path / "secret", "w", 0o600).close()
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_flags_of_os_open_can_be_given(path: Path) -> None:
    with pytest.raises(ConnectError, match=r"data cannot be opened: file exists: remove it, or choose"):
        FileChannel.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)


def test_an_unknown_access_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="access 'rb': give one of r, w, rw, a"):
        FileChannel.open(path, "rb")


def test_writes_at_an_offset_are_refused_where_the_file_appends(path: Path) -> None:
    with FileChannel.open(path, "a") as channel, pytest.raises(UnsupportedFeature, match="open it as rw"):
        channel.pwritev([b"x"], 0)
    assert path.read_bytes() == b"0123456789"


def test_a_file_that_grows_after_its_end_has_bytes_again(path: Path) -> None:
    with FileChannel.open(path) as channel:
        assert channel.read() == b"0123456789"
        assert channel.read() == b""
        with FileChannel.open(path, "a") as other:
            other.write_all(b"more")
        assert channel.read() == b"more"


def test_seek_moves_the_position_as_lseek_does(path: Path) -> None:
    with FileChannel.open(path) as channel:
        assert channel.seek(-3, os.SEEK_END) == 7
        assert channel.read() == b"789"
        assert channel.seek(-9, os.SEEK_CUR) == 1
        assert channel.read(1) == b"1"


@pytest.mark.parametrize("verb", ["seek", "preadv", "pwritev"])
def test_a_negative_offset_is_refused(verb: str, path: Path) -> None:
    with FileChannel.open(path, "rw") as channel, pytest.raises(ValueError, match="offsets start at 0"):
        {
            "seek": lambda: channel.seek(-1),
            "preadv": lambda: channel.preadv([bytearray(1)], -1),
            "pwritev": lambda: channel.pwritev([b"x"], -1),
        }[verb]()


def test_the_direction_that_it_was_not_opened_for_is_refused(path: Path) -> None:
    with (
        FileChannel.open(path) as reader,
        pytest.raises(UnsupportedFeature, match="is not open to be written"),
    ):
        reader.write_all(b"x")
    with (
        FileChannel.open(path, "w") as writer,
        pytest.raises(UnsupportedFeature, match="is not open to be read"),
    ):
        writer.read()


def test_thousands_of_buffers_go_in_one_verb(tmp_path: Path) -> None:
    with FileChannel.open(tmp_path / "many", "rw") as channel:
        channel.writev_all([bytes([n % 251]) for n in range(3000)])
        channel.seek(0)
        rooms = [bytearray(1) for _ in range(3000)]
        channel.readv_all(rooms)
        assert b"".join(rooms) == bytes(n % 251 for n in range(3000))


def test_a_full_device_says_which_file_and_what_to_do() -> None:
    with FileChannel.open("/dev/full", os.O_WRONLY) as channel:
        with pytest.raises(
            ChannelBrokenError, match="writing to /dev/full failed: no space left on device: free"
        ):
            channel.write_all(b"x")
        assert Feature.SEEK in channel.features


@contextmanager
def file_size_limit(limit: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_hits_a_limit_writes_what_fits_then_raises(tmp_path: Path) -> None:
    place = tmp_path / "short"
    with FileChannel.open(place, "w") as channel, file_size_limit(5):
        assert channel.write(b"0123456789") == 5
        with pytest.raises(ChannelBrokenError, match="file too large: raise the limit") as caught:
            channel.write(b"56789")
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert place.read_bytes() == b"01234"


def test_a_missing_file_and_a_folder_are_connect_errors_that_leak_nothing(tmp_path: Path) -> None:
    with no_descriptor_is_left():
        with pytest.raises(
            ConnectError, match="nope cannot be opened: no such file or directory: check the name"
        ):
            FileChannel.open(tmp_path / "nope")
        with pytest.raises(ConnectError, match="is a directory"):
            FileChannel.open(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_its_other_end_and_without_a_leak(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with (
        no_descriptor_is_left(),
        pytest.raises(UnsupportedFeature, match="is a pipe, a terminal or a socket"),
    ):
        FileChannel.open(tmp_path / "fifo")


def test_closing_twice_is_fine_and_using_it_after_that_is_an_error(path: Path) -> None:
    channel = FileChannel.open(path)
    channel.close()
    channel.close()
    assert channel.fileno() == -1
    with pytest.raises(ChannelClosedError):
        channel.read()


def test_a_close_that_fails_tells_of_the_loss(path: Path) -> None:
    channel = FileChannel.open(path, "rw")
    os.close(channel.fileno())
    with pytest.raises(ChannelBrokenError, match="what was written last may be lost"):
        channel.close()
    assert channel.closed


def forget(cell: list[FileChannel]) -> None:
    cell.clear()
    gc.collect()


def test_one_that_is_dropped_unclosed_is_closed_with_a_warning(path: Path) -> None:
    channel = FileChannel.open(path)
    fd = channel.fileno()
    cell = [channel]
    del channel
    with pytest.warns(ResourceWarning):
        forget(cell)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


@given(st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=100)), max_size=20))
def test_writes_at_offsets_leave_what_a_plain_array_would_hold(writes: list[tuple[int, bytes]]) -> None:
    model = bytearray()
    with FileChannel(os.memfd_create("model")) as channel:
        for offset, data in writes:
            channel.pwritev([data], offset)
            if data:
                model.extend(bytes(max(0, offset - len(model))))
                model[offset : offset + len(data)] = data
        room = bytearray(len(model))
        channel.preadv([room], 0)
        assert room == model
