from __future__ import annotations

import os

import pytest

from iochan.core.errors import DescriptorError
from iochan.core.fd import FdBox, OwnedFd


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_an_owned_descriptor_is_closed_with_its_block_unless_it_is_detached() -> None:
    first, second = os.pipe()
    with OwnedFd(first) as owned:
        assert owned.fileno() == first
    assert not is_open(first)
    assert owned.fileno() == -1
    with OwnedFd(second) as owned:
        assert owned.detach() == second
    assert is_open(second)
    os.close(second)


def test_a_box_closes_what_nobody_took() -> None:
    first, second = os.pipe()
    with FdBox(limit=2) as box:
        box.put([first, second])
        assert box.take() == first
    assert is_open(first)
    assert not is_open(second)
    os.close(first)


def test_more_than_the_box_takes_is_an_error_and_all_are_closed() -> None:
    first, second = os.pipe()
    with FdBox(limit=1) as box, pytest.raises(DescriptorError, match="2 descriptors came"):
        box.put([first, second])
    assert not is_open(first)
    assert not is_open(second)


def test_an_empty_box_says_so_and_an_impossible_limit_is_refused() -> None:
    with FdBox() as box, pytest.raises(DescriptorError, match="empty"):
        box.take()
    for limit in (0, 254):
        with pytest.raises(ValueError, match="between 1 and 253"):
            FdBox(limit)
