from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.telnet.command import DO, DONT, WILL, WONT
from iochan.telnet.option import Option, OptionSide


class Recorder:
    """One side of one end, and what it says."""

    def __init__(self, yes: int, no: int, allowed: set[int]) -> None:
        self.said: deque[int] = deque()
        self.side = OptionSide(yes, no, allowed, lambda verb, option: self.said.append(verb))

    def take(self, *, on: bool) -> bool:
        return self.side.take(Option.ECHO, on=on)


@pytest.fixture
def willing() -> Recorder:
    return Recorder(WILL, WONT, {Option.ECHO})


def test_an_offer_that_is_allowed_is_agreed_to_once(willing: Recorder) -> None:
    assert willing.take(on=True)
    assert not willing.take(on=True)
    assert list(willing.said) == [WILL]
    assert willing.side.is_on(Option.ECHO)


def test_an_offer_that_is_not_allowed_is_refused(willing: Recorder) -> None:
    assert not willing.side.take(Option.BINARY, on=True)
    assert list(willing.said) == [WONT]
    assert not willing.side.is_on(Option.BINARY)


def test_no_is_never_argued_with(willing: Recorder) -> None:
    assert not willing.take(on=False)
    assert not willing.said
    willing.take(on=True)
    assert willing.take(on=False)
    assert list(willing.said) == [WILL, WONT]


def test_the_answer_to_a_wish_is_not_answered(willing: Recorder) -> None:
    willing.side.ask(Option.ECHO, on=True)
    assert willing.side.is_asked(Option.ECHO)
    assert willing.take(on=True)
    assert list(willing.said) == [WILL]


def test_a_refused_wish_is_off(willing: Recorder) -> None:
    willing.side.ask(Option.ECHO, on=True)
    assert not willing.take(on=False)
    assert not willing.side.is_asked(Option.ECHO)


def test_a_wish_that_changes_waits_for_the_answer_to_the_first(willing: Recorder) -> None:
    willing.side.ask(Option.ECHO, on=True)
    willing.side.ask(Option.ECHO, on=False)
    willing.side.ask(Option.ECHO, on=False)
    assert list(willing.said) == [WILL]
    assert not willing.take(on=True)
    assert list(willing.said) == [WILL, WONT]
    willing.side.ask(Option.ECHO, on=True)
    assert list(willing.said) == [WILL, WONT]
    willing.take(on=False)
    assert list(willing.said) == [WILL, WONT, WILL]
    assert willing.take(on=True)


def test_a_wish_taken_back_and_meant_again_needs_no_word(willing: Recorder) -> None:
    willing.side.ask(Option.ECHO, on=True)
    willing.side.ask(Option.ECHO, on=False)
    willing.side.ask(Option.ECHO, on=True)
    assert willing.take(on=True)
    willing.side.ask(Option.ECHO, on=True)
    assert list(willing.said) == [WILL]


def test_a_peer_that_answers_no_with_yes_is_off(willing: Recorder) -> None:
    willing.take(on=True)
    willing.side.ask(Option.ECHO, on=False)
    willing.take(on=True)
    assert not willing.side.is_on(Option.ECHO)
    assert list(willing.said) == [WILL, WONT]


STEPS = st.lists(st.sampled_from(["ask-on", "ask-off", "peer-on", "peer-off", "carry-there", "carry-back"]))


@given(STEPS, st.booleans(), st.booleans())
def test_two_ends_fall_silent_and_agree_whatever_they_wish(
    steps: list[str], ours: bool, theirs: bool
) -> None:
    """Words cross on the wire in any way; once the wishes end, the talk does, and both know the same."""
    near = Recorder(WILL, WONT, {Option.ECHO} if ours else set())
    far = Recorder(DO, DONT, {Option.ECHO} if theirs else set())

    def carry(source: Recorder, target: Recorder) -> None:
        if source.said:
            target.take(on=source.said.popleft() in {WILL, DO})

    for step in steps:
        if step.startswith("ask") and (ours or step == "ask-off"):
            near.side.ask(Option.ECHO, on=step == "ask-on")
        elif step.startswith("peer") and (theirs or step == "peer-off"):
            far.side.ask(Option.ECHO, on=step == "peer-on")
        elif step == "carry-there":
            carry(near, far)
        else:
            carry(far, near)
    words = 0
    while near.said or far.said:
        carry(near, far)
        carry(far, near)
        words += 1
        assert words < 10 + 2 * len(steps), "they keep each other busy"
    assert near.side.is_on(Option.ECHO) == far.side.is_on(Option.ECHO)
