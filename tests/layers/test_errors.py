from __future__ import annotations

from iochan.core.errors import ChannelError, IochanError, LocalProtocolError
from iochan.layers.errors import ReplayMismatch, TapeError


def test_a_tape_error_names_its_offset_and_is_a_value_error() -> None:
    error = TapeError("it is broken", 7)
    assert isinstance(error, ChannelError)
    assert isinstance(error, ValueError)
    assert (str(error), error.offset) == ("tape at offset 7: it is broken", 7)


def test_a_mismatch_is_the_callers_and_has_its_offset() -> None:
    error = ReplayMismatch("differs", 3)
    assert isinstance(error, LocalProtocolError)
    assert isinstance(error, IochanError)
    assert (str(error), error.offset) == ("differs", 3)
