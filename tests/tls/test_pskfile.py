from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import CredsError
from iochan.tls.pskfile import MAX_KEY, parse_keys, read_keys

KEY = "00112233445566778899aabbccddeeff"


def test_lines_are_users_and_keys_in_hex(tmp_path: Path) -> None:
    path = tmp_path / "keys.psk"
    path.write_text(f"# made by hand\nqemu:{KEY}\n\nurn:user:1:{KEY.upper()}\r\n")
    assert read_keys(path) == {"qemu": bytes.fromhex(KEY), "urn:user:1": bytes.fromhex(KEY)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n# nobody\n", "holds no key"),
        (KEY.encode(), "line 1: has no user"),
        (f":{KEY}".encode(), "line 1: has no user"),
        (f"{'u' * 129}:{KEY}".encode(), "line 1: has no user of 1 to 128 bytes"),
        (f"a\0b:{KEY}".encode(), "line 1: has no user"),
        (b"\xff:" + KEY.encode(), "line 1: the user is no UTF-8"),
        (f"a:{KEY}\nb:{KEY[:-1]}".encode(), "line 2: the key is not in hex"),
        (f"a:{KEY[:-1]}g".encode(), "line 1: the key is not in hex"),
        (f"a:{KEY[:30]}".encode(), "line 1: the key has 15 bytes"),
        (f"a:{'00' * (MAX_KEY + 1)}".encode(), "line 1: the key has 65 bytes"),
        (b"a:", "line 1: the key has 0 bytes"),
        (f"a:{KEY}\na:{KEY}".encode(), "line 2: user 'a' stands there twice"),
    ],
)
def test_a_wrong_line_is_told_by_its_number_and_without_its_key(data: bytes, message: str) -> None:
    with pytest.raises(CredsError, match=f"^keys: .*{message}") as caught:
        parse_keys("keys", data)
    assert KEY[:30] not in str(caught.value)


@given(st.binary(max_size=100) | st.text("ab:0f\n# ", max_size=100).map(str.encode))
def test_any_bytes_are_keys_or_refused(data: bytes) -> None:
    try:
        found = parse_keys("keys", data)
    except CredsError:
        return
    assert all(user and 16 <= len(key) <= MAX_KEY for user, key in found.items())
