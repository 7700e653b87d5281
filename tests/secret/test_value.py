from __future__ import annotations

import copy
import gc
import json
import traceback
from typing import Any

import pytest
from typing_extensions import override

from iochan.core.errors import SecretError
from iochan.secret import Secret
from iochan.secret.value import _Wiped

HIDDEN = "hunter2"


def test_nothing_that_prints_shows_it() -> None:
    secret = Secret(HIDDEN.encode())
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret, f"{[secret]}"):  # noqa: UP031
        assert HIDDEN not in text
    assert str(secret) == "<Secret>"


@pytest.mark.parametrize("wrong", [HIDDEN, 5, None], ids=["text", "number", "nothing"])
def test_it_is_made_of_bytes_only(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a bytes-like object is required") as caught:
        Secret(wrong)
    assert HIDDEN not in str(caught.value)


def test_it_is_neither_pickled_nor_copied() -> None:
    for work in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            work(Secret(b"x"))
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(Secret(b"x"))


def test_a_traceback_of_bad_text_shows_nothing_of_it() -> None:
    secret = Secret(HIDDEN.encode() + b"\xff")
    with pytest.raises(SecretError, match="no UTF-8 text at byte 7") as caught:
        secret.as_text()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert HIDDEN not in "".join(traceback.format_exception(caught.value, chain=True))


def test_its_value_comes_as_bytes_text_base64_and_view() -> None:
    secret = Secret(HIDDEN.encode())
    assert (secret.as_bytes(), bytes(secret), secret.as_text()) == (b"hunter2", b"hunter2", HIDDEN)
    assert secret.as_base64() == "aHVudGVyMg=="
    assert bytes(secret.view()) == b"hunter2"
    assert secret.view().readonly
    assert len(secret) == 7


def test_it_is_compared_by_value_and_has_no_hash() -> None:
    assert Secret(b"a") == Secret(b"a") == b"a"
    assert Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(b"a"))


def test_a_cleared_one_is_zeros_and_says_so() -> None:
    secret = Secret(b"abc")
    view = secret.view()
    secret.clear()
    assert bytes(view) == bytes(3)
    for work in (secret.as_bytes, secret.as_text, secret.view, secret.as_base64):
        with pytest.raises(SecretError, match="was cleared"):
            work()


def test_a_view_outlives_the_secret_that_was_dropped() -> None:
    view = Secret(b"abc").view()
    gc.collect()
    assert bytes(view) == b"abc"


def test_memory_is_zeros_when_the_secret_and_its_views_are_gone() -> None:
    wiped: list[bytes] = []

    class Watched(_Wiped):
        @override
        def __del__(self) -> None:
            super().__del__()
            wiped.append(bytes(self))

    secret = Secret(b"abc")
    secret._value = Watched(b"abc")
    view = secret.view()
    del secret
    assert wiped == []
    del view
    gc.collect()
    assert wiped == [bytes(3)]
