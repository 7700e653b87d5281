from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import SecretError
from iochan.secret import MAX_SECRET, Secret, load_data, load_fd, load_file
from iochan.secret.load import decode_base64, decode_secret


def test_a_file_is_taken_with_its_last_newline_unless_trimmed(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"two\nlines\n")
    assert load_file(path) == b"two\nlines\n"
    assert load_file(path, trim=True) == b"two\nlines"
    path.write_bytes(b"")
    assert load_file(path, trim=True) == b""


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="nowhere: cannot be read as a secret: no such file"):
        load_file(tmp_path / "nowhere")
    with pytest.raises(SecretError, match="is a directory"):
        load_file(tmp_path)


def test_a_file_past_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(MAX_SECRET))
    assert len(load_file(path)) == MAX_SECRET
    path.write_bytes(bytes(MAX_SECRET + 1))
    with pytest.raises(SecretError, match=f"more than {MAX_SECRET} bytes"):
        load_file(path)
    with pytest.raises(SecretError, match="the data: more than"):
        load_data("x" * (MAX_SECRET + 1))


def test_a_descriptor_is_read_to_its_end_and_closed() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"from a pipe\n")
    os.close(writer)
    assert load_fd(reader, trim=True) == b"from a pipe"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reader)
    with pytest.raises(SecretError, match=f"descriptor {reader}: cannot be read"):
        load_fd(reader)


@pytest.mark.parametrize("fd", [-1, 1 << 31, 1 << 63])
def test_a_number_that_no_descriptor_has_is_refused(fd: int) -> None:
    with pytest.raises(SecretError, match=f"descriptor {fd}: there is no such number"):
        load_fd(fd)


def test_bytes_of_a_command_line_that_are_no_text_are_taken_as_they_are() -> None:
    assert load_data(os.fsdecode(b"m\xfcde")) == b"m\xfcde"


def test_half_a_surrogate_pair_is_refused_and_nothing_of_the_data_is_kept() -> None:
    with pytest.raises(SecretError, match="the data is no text at character 6") as caught:
        load_data("hidden\ud800")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@given(st.binary(max_size=200))
def test_base64_comes_back_also_with_newlines_in_it(value: bytes) -> None:
    assert decode_base64(base64.encodebytes(value), "it") == value
    assert decode_secret(Secret(base64.b64encode(value)), "base64") == value


@pytest.mark.parametrize("text", [b"YWJj YWJj", b"YWJj\0", "Wärt".encode(), b"YWJ\t", b"-_=="])
def test_other_letters_than_base64s_are_refused_by_place(text: bytes) -> None:
    with pytest.raises(SecretError, match="the secret is no base64 at byte"):
        decode_base64(text, "the secret")


@pytest.mark.parametrize("text", [b"YWJ", b"YWJj=", b"=YWJ", b"YW=Jj", b"CBCB====", b"YQ==YQ=="])
def test_cut_base64_is_refused(text: bytes) -> None:
    with pytest.raises(SecretError, match="its end or its padding"):
        decode_base64(text, "the secret")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(SecretError, match="unknown format 'hex' of a secret: known are raw and base64"):
        decode_secret(Secret(b"00"), "hex")


@pytest.mark.parametrize("path", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_told(path: str) -> None:
    with pytest.raises(SecretError, match="no file can have this name"):
        load_file(path)
