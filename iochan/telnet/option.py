"""Options, and their negotiation without loops: the Q method (RFC 1143)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import IntEnum
from typing import Final

__all__ = ["Option", "OptionSide"]


class Option(IntEnum):
    """The options that are spoken here; every other is refused."""

    BINARY = 0
    ECHO = 1
    SUPPRESS_GO_AHEAD = 3
    TERMINAL_TYPE = 24
    WINDOW_SIZE = 31
    COM_PORT = 44


_NO: Final = 0
_YES: Final = 1
_WANT_NO: Final = 2
_WANT_YES: Final = 3
_WANT_NO_THEN_YES: Final = 4
_WANT_YES_THEN_NO: Final = 5


class OptionSide:
    """The state of every option on one side of the connection, ours or the peer's.

    An answer is sent only where a state changes, and a wish is held back while an earlier one is
    unanswered: so two ends cannot keep each other busy, whatever the other one is.

    Args:
        yes: What this program says for "on": WILL for our side, DO for the peer's.
        no: What it says for "off": WONT or DONT.
        allowed: The options that may be on.
        say: Called with a verb and an option to be sent.
    """

    def __init__(self, yes: int, no: int, allowed: Collection[int], say: Callable[[int, int], None]) -> None:
        self._yes = yes
        self._no = no
        self._allowed = allowed
        self._say = say
        # At most 256 entries: an option is one byte.
        self._states: dict[int, int] = {}

    def is_on(self, option: int) -> bool:
        """Return whether both ends have agreed that *option* is on."""
        return self._states.get(option) == _YES

    def is_asked(self, option: int) -> bool:
        """Return whether *option* is on, or would be if the peer agreed."""
        return self._states.get(option) in {_YES, _WANT_YES, _WANT_NO_THEN_YES}

    @property
    def agreed(self) -> bool:
        """Whether the peer has answered every wish."""
        return all(state in {_NO, _YES} for state in self._states.values())

    def ask(self, option: int, *, on: bool) -> None:
        """Ask for *option* to be on or off, now or once the earlier wish is answered."""
        state = self._states.get(option, _NO)
        if state == (_NO if on else _YES):
            self._states[option] = _WANT_YES if on else _WANT_NO
            self._say(self._yes if on else self._no, option)
        elif state == (_WANT_NO if on else _WANT_YES):
            self._states[option] = _WANT_NO_THEN_YES if on else _WANT_YES_THEN_NO
        elif state == (_WANT_YES_THEN_NO if on else _WANT_NO_THEN_YES):
            self._states[option] = _WANT_YES if on else _WANT_NO

    def take(self, option: int, *, on: bool) -> bool:
        """Take the peer's word about *option*, and tell whether it was turned on or off by that."""
        before = self._states.get(option, _NO)
        after = self._after_yes(option, before) if on else self._after_no(option, before)
        if after != before:
            self._states[option] = after
        return (before == _YES) is not (after == _YES)

    def _after_yes(self, option: int, state: int) -> int:
        if state == _NO:
            allowed = option in self._allowed
            self._say(self._yes if allowed else self._no, option)
            return _YES if allowed else _NO
        if state == _WANT_YES_THEN_NO:
            self._say(self._no, option)
            return _WANT_NO
        # A "no" that is answered by "yes" breaks the rules: the peer's state is what was last said to it.
        return _NO if state == _WANT_NO else _YES

    def _after_no(self, option: int, state: int) -> int:
        if state == _YES:
            self._say(self._no, option)
        if state == _WANT_NO_THEN_YES:
            self._say(self._yes, option)
            return _WANT_YES
        return _NO
