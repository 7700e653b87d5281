from __future__ import annotations

import pytest

from iochan.core.errors import ChannelError, IochanError, LocalProtocolError
from iochan.layers.errors import ReplayMismatch, TapeError


def test_a_tape_error_names_its_offset_and_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"^tape at offset 7: it is broken$") as caught:
        raise TapeError("it is broken", 7)
    assert isinstance(caught.value, ChannelError)
    assert caught.value.offset == 7


def test_a_mismatch_is_the_callers_and_has_its_offset() -> None:
    error = ReplayMismatch("differs", 3)
    assert isinstance(error, LocalProtocolError)
    assert isinstance(error, IochanError)
    assert (str(error), error.offset) == ("differs", 3)
