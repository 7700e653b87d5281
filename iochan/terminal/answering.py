"""pyte's screen, with what it would say to the program and to the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pyte
from typing_extensions import override

__all__ = ["AnsweringScreen", "Voice"]

_MAX_ANSWERS: Final = 4096
"""Characters of answers that nobody has taken; further questions find no answer."""


@dataclass(slots=True)
class Voice:
    """What screens have said.

    Attributes:
        answers: What the program is to read.
        rang: Whether the bell rang.
    """

    answers: str = ""
    rang: bool = False


class AnsweringScreen(pyte.Screen):
    """A screen that says what it has to say by *voice*."""

    def __init__(self, columns: int, rows: int, voice: Voice) -> None:
        self._voice = voice
        super().__init__(columns, rows)

    @override
    def write_process_input(self, data: str) -> None:
        if len(self._voice.answers) + len(data) <= _MAX_ANSWERS:
            self._voice.answers += data

    @override
    def bell(self, *args: Any) -> None:
        self._voice.rang = True
