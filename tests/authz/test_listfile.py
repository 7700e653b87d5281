from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.authz import listfile
from iochan.authz.listfile import ListFileAuthz, parse_list
from iochan.authz.rule import Policy
from iochan.core.errors import AddressError
from iochan.objects import ObjectStore


def listing(*names: str) -> str:
    return json.dumps({"policy": "deny", "rules": [{"match": name, "policy": "allow"} for name in names]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "acl.json"
    path.write_text(listing("fred"))
    return path


def test_a_change_counts_from_the_next_question_on(path: Path) -> None:
    authz = ListFileAuthz(path)
    assert authz.is_allowed("fred")
    path.write_text(listing("alan"))
    assert not authz.is_allowed("fred")
    assert authz.is_allowed("alan")


def test_a_file_that_was_moved_into_place_counts_too(path: Path, tmp_path: Path) -> None:
    authz = ListFileAuthz(path)
    (tmp_path / "new").write_text(listing("alan"))
    (tmp_path / "new").rename(path)
    assert authz.is_allowed("alan")


def test_an_old_file_is_read_once_until_it_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listfile, "_SETTLED_NS", 0)
    authz = ListFileAuthz(path)
    read = path.read_bytes()
    # Same bytes, same times: a new content would show whether it was read again.
    before = authz._state
    assert authz.is_allowed("fred")
    assert authz._state is before
    path.write_bytes(read + b" ")
    assert authz.is_allowed("fred")
    assert authz._state is not before


@pytest.mark.parametrize("content", ["", "{", '{"policy": "maybe"}', "[]", '{"rules": [{}]}', '{"rule": []}'])
def test_a_bad_file_denies_everybody_and_says_so_until_it_is_mended(path: Path, content: str) -> None:
    authz = ListFileAuthz(path)
    path.write_text(content)
    assert not authz.is_allowed("fred")
    assert str(path) in str(authz.refusal("fred"))
    path.write_text(listing("fred"))
    assert authz.is_allowed("fred")


def test_a_file_that_is_gone_denies_everybody(path: Path) -> None:
    authz = ListFileAuthz(path)
    path.unlink()
    assert "cannot be read (No such file or directory)" in str(authz.refusal("fred"))


def test_without_refresh_the_file_is_read_once(path: Path) -> None:
    authz = ListFileAuthz(path, refresh=False)
    path.unlink()
    assert authz.is_allowed("fred")


def test_a_bad_file_is_told_when_the_object_is_made(tmp_path: Path) -> None:
    path = tmp_path / "acl.json"
    with pytest.raises(AddressError, match="cannot be read"):
        ObjectStore().add(f"authz-list-file,id=a,filename={path}")
    os.mkfifo(path)
    with pytest.raises(AddressError, match="is no plain file"):
        ListFileAuthz(path)
    path.unlink()
    path.write_bytes(b"{" + b" " * listfile.MAX_LIST_FILE)
    with pytest.raises(AddressError, match="is longer than"):
        ListFileAuthz(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"rules":\n[}', "is no JSON at line 2"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"policy": "deny", "policy": "allow"}', "a key is given twice"),
        (b"3", "is no object"),
    ],
)
def test_what_is_no_list_is_told(data: bytes, message: str) -> None:
    with pytest.raises(AddressError, match=f"^acl: .*{message}"):
        parse_list("acl", data)


def test_nothing_said_means_deny() -> None:
    assert parse_list("acl", b"{}") == ([], Policy.DENY)


@given(st.binary(max_size=64) | st.text('{}[]":,policyrulesmatchdenyallow0 ', max_size=80).map(str.encode))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    try:
        _, policy = parse_list("acl", data)
    except AddressError:
        return
    assert policy in Policy
