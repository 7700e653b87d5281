from __future__ import annotations

import pytest

from iochan.channels.unix import socketpair
from iochan.core.attribute import Attribute
from iochan.core.facts import PEER_PID
from iochan.core.layer import Layer


def test_the_nearest_channel_of_the_stack_answers() -> None:
    left, right = socketpair()
    with right, Layer(Layer(left, "inner"), "outer") as stack:
        assert stack.extra(PEER_PID) == left.extra(PEER_PID) > 0


def test_a_fact_that_nobody_knows_has_a_default_or_is_an_error() -> None:
    unknown = Attribute[str]("colour")
    left, right = socketpair()
    with left, right:
        assert left.extra(unknown, None) is None
        assert left.extra(unknown, "red") == "red"
        with pytest.raises(LookupError, match="knows the colour"):
            left.extra(unknown)
    assert "colour" in repr(unknown)
