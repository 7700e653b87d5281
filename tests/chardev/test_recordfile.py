from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from iochan.chardev.cast import CastWriter
from iochan.chardev.castfile import CastFile
from iochan.chardev.logfile import LogFile
from iochan.chardev.outlet import gap_marker
from iochan.chardev.recordfile import RETRY_SECONDS, RecordFile
from iochan.chardev.records import Records
from iochan.core.errors import ChannelError
from iochan.testing.clock import MovedClock


@pytest.fixture
def small_files() -> Iterator[None]:
    """A disk that is full when a file has 1000 bytes: the kernel's own limit, behind a short write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_leaves_whole_records_and_an_exact_gap(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with MovedClock() as clock:
        file = RecordFile(str(path), gap_marker)
        for _ in range(15):
            file.write(b"x" * 99 + b"\n", 100)
        assert path.read_bytes() == (b"x" * 99 + b"\n") * 10
        assert file.missing == 500
        assert "file too large" in file.state
        path.write_bytes(b"")
        file.size = 0
        os.lseek(file._fd, 0, os.SEEK_SET)
        file.write(b"too early\n", 10)
        clock.advance(RETRY_SECONDS)
        file.write(b"again\n", 6)
        assert path.read_bytes() == gap_marker(510) + b"again\n"
        assert file.error is None
        file.close()


@pytest.mark.usefixtures("small_files")
def test_an_asciicast_on_a_full_disk_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "cast"
    writer = CastWriter(str(path))
    for number in range(100):
        writer.output(b"line %d\r\n" % number)
    writer.close()
    with path.open("rb") as file:
        output = b"".join(event.data for event in CastFile(file))
    assert output.startswith(b"line 0\r\nline 1\r\n")
    assert output.endswith(b"\r\n")
    assert "bytes missing" in writer.state


def test_a_log_that_never_takes_anything_harms_nobody() -> None:
    file = RecordFile("/dev/full", gap_marker)
    file.write(b"x", 1)
    assert file.missing == 1
    assert "no space left on device" in file.state
    file.close()
    file.close()


def test_a_log_where_none_can_be_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="cannot be written: no such file or directory: name a file"):
        RecordFile(str(tmp_path / "no" / "log"), gap_marker)


def test_a_log_is_for_its_owner_only_and_goes_on_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for text, append in ((b"one\n", False), (b"two\n", True)):
        log = LogFile(Records(str(path), append=append))
        log.output(text)
        log.input(b"never kept without times", "x")
        log.close()
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_times_and_directions_stand_before_each_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    now = [1_700_000_000.25]
    log = LogFile(Records(str(path), timestamp=True, typed=True), now=lambda: now[0])
    log.output(b"login: ")
    now[0] += 1
    log.input(b"root\r", "CN=fred")
    log.output(b"root\r\nPassword: ")
    log.output(b"\r\n")
    log.close()
    assert path.read_bytes() == (
        b"2023-11-14T22:13:20.250Z < login: \n"
        b"2023-11-14T22:13:21.250Z > 'CN=fred' root\r\n"
        b"2023-11-14T22:13:21.250Z < root\r\n"
        b"2023-11-14T22:13:21.250Z < Password: \r\n"
    )


def test_a_log_is_moved_away_when_it_is_large(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = LogFile(Records(str(path), rotate=20, keep=2))
    for number in range(8):
        log.output(b"line number %d\n" % number)
    log.close()
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["log", "log.1", "log.2"]
    assert (tmp_path / "log.1").read_bytes() == b"line number 6\nline number 7\n"
    assert (tmp_path / "log.2").read_bytes() == b"line number 4\nline number 5\n"


def test_a_log_that_cannot_be_moved_away_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    (tmp_path / "log.1").mkdir()
    (tmp_path / "log.1" / "x").touch()
    log = LogFile(Records(str(path), rotate=5, keep=1))
    log.output(b"first line\n")
    log.output(b"second line\n")
    log.close()
    assert path.read_bytes() == b"first line\nsecond line\n"


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("version", [2, 3])
def test_the_times_behind_a_gap_are_those_of_the_session(tmp_path: Path, version: int) -> None:
    path = tmp_path / "cast"
    with MovedClock() as clock:
        writer = CastWriter(str(path), version=version)
        for text in (b"first", b"x" * 2000, b"y", b"z", b"last"):
            writer.output(text)
            clock.advance(RETRY_SECONDS / 2)
        writer.close()
    with path.open("rb") as file:
        events = [(event.seconds, event.code, event.data) for event in CastFile(file)]
    first, (when, code, text), *others = events
    assert first == (0.0, "o", b"first")
    assert (code, text) == ("m", b"2001 bytes missing")
    assert when == (7.5 if version == 2 else 0.0)
    assert others == [(7.5, "o", b"z"), (10.0, "o", b"last")]


@pytest.mark.usefixtures("small_files")
def test_a_line_that_goes_on_behind_a_gap_has_its_time(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with MovedClock() as clock:
        log = LogFile(Records(str(path), timestamp=True), now=lambda: 0.0)
        log.output(b"a\n")
        log.output(b"x" * 2000)
        clock.advance(RETRY_SECONDS)
        log.output(b"rest\nb\n")
        log.close()
    head = b"1970-01-01T00:00:00.000Z < "
    assert path.read_bytes() == head + b"a\n" + gap_marker(2000) + head + b"rest\n" + head + b"b\n"


def test_a_pipe_that_nobody_reads_is_no_place_for_a_log_and_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(ChannelError, match="cannot be written: no such device or address"):
        RecordFile(str(path), gap_marker)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    file = RecordFile(str(path), gap_marker)
    for _ in range(40):
        file.write(b"#" * 4096, 4096)
    assert file.missing >= 4096
    assert "not written now" in file.state
    file.close()
    os.close(reader)


def test_a_log_whose_directory_was_gone_for_a_while_is_written_again(tmp_path: Path) -> None:
    place, away = tmp_path / "logs", tmp_path / "away"
    place.mkdir()
    path = place / "log"
    with MovedClock() as clock:
        log = LogFile(Records(str(path), rotate=5, keep=0))
        place.rename(away)
        log.output(b"first line\n")
        log.output(b"second line\n")
        assert "no such file" in log.state
        away.rename(place)
        clock.advance(RETRY_SECONDS)
        log.output(b"third")
        log.close()
    assert path.read_bytes().endswith(gap_marker(12) + b"third")
