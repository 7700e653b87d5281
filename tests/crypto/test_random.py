from __future__ import annotations

import pytest

from iochan.crypto.random import random_bytes


def test_there_are_as_many_as_asked_for_and_never_the_same() -> None:
    assert random_bytes(0) == b""
    assert len({random_bytes(16) for _ in range(100)}) == 100
    with pytest.raises(ValueError, match="negative"):
        random_bytes(-1)
