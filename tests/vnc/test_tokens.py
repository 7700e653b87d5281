from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import AddressError
from iochan.vnc.tokens import MAX_FILE, Entry, find_token, parse_tokens

TEXT = """
# websockify's
one: vm1:5900
  two:   [::1]:5901
three: unix:/run/vnc user=joe password-secret=pw
four: tls+tcp://vm4:5900?tls.creds=c tls-creds=t hostname=vm4.example
"""


def test_each_line_is_a_server() -> None:
    assert parse_tokens("file", TEXT) == {
        "one": Entry("tcp://vm1:5900"),
        "two": Entry("tcp://[::1]:5901"),
        "three": Entry("unix:/run/vnc", {"user": "joe", "password-secret": "pw"}),
        "four": Entry("tls+tcp://vm4:5900?tls.creds=c", {"tls-creds": "t", "hostname": "vm4.example"}),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\none", "file, line 2: no token"),
        ("one:", "file, line 1: no token"),
        (": vm:1", "file, line 1: no token"),
        ("a: vm:1\na: vm:2", "file, line 2: token 'a' is there already"),
        ("a: vm:1 usr=joe", "file, line 1: option 'usr=joe' is none .*did you mean 'user'"),
        ("a: vm:1 user=", "option 'user=' is none"),
    ],
)
def test_a_wrong_line_is_told_by_its_number(text: str, told: str) -> None:
    with pytest.raises(AddressError, match=told):
        parse_tokens("file", text)


@given(st.text())
def test_any_text_is_tokens_or_an_error(text: str) -> None:
    try:
        entries = parse_tokens("file", text)
    except AddressError:
        return
    assert all(entry.address for entry in entries.values())


def test_a_token_is_looked_for_in_all_files_and_a_change_holds_at_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one: vm1:1\n")
    (tmp_path / "b").write_text("two: vm2:2\n")
    (tmp_path / ".hidden").write_text("three: vm3:3\n")
    assert find_token(tmp_path, "two").address == "tcp://vm2:2"
    with pytest.raises(AddressError, match="no server has the token 'three'"):
        find_token(tmp_path, "three")
    (tmp_path / "b").write_text("three: vm4:4\n")
    assert find_token(tmp_path, "three").address == "tcp://vm4:4"
    assert find_token(tmp_path / "a", "one").address == "tcp://vm1:1"
    (tmp_path / "a").write_bytes(b"#" * (MAX_FILE + 1))
    with pytest.raises(AddressError, match="more than 1048576 bytes"):
        find_token(tmp_path, "one")
