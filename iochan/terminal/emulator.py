"""A terminal that follows what a program sends.

pyte is the terminal. It gets no more of the stream than it understands: commands in strings (titles,
graphics) and those of single terminals are left out here; it would take them for text or for other commands.
"""

from __future__ import annotations

import codecs
import logging
import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Final

from iochan.core.errors import ChannelError

if TYPE_CHECKING:
    from pyte import Screen as Terminal

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "Emulator"]

MAX_ROWS: Final = 200
MAX_COLUMNS: Final = 500
"""The largest screen that is kept, whatever size a client says that its window has."""

_MAX_SEQUENCE: Final = 256
"""Characters of one command."""

_MAX_SAVED: Final = 8
"""How many cursors can be saved at the same time."""

_MAX_MARKS: Final = 8
"""Marks that one character can carry."""

_MAX_ANSI_MODE: Final = 1 << 5
"""From this number on pyte takes a mode for one of the private ones, which it keeps shifted by five bits."""

_WIDTH_OF_132: Final = ("?", 3)
"""A mode that changes the width; terminals that have windows leave that to their users."""

_MAX_ARGUMENT: Final = 10_000
"""Above it a number in a command says nothing."""

_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[(?P<prefix>[<-?]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|(?P<string>[\]PX^_])|(?P<set>[()#%])(?P<which>.)|(?P<other>[^\[\]PX^_()#%]))",
    re.DOTALL,
)
_END_OF_STRING: Final = re.compile(r"\x07|\x1b\\|[\x18\x1a]")
_UNSEEN: Final = re.compile("[\x00-\x06\x10-\x1a\x1c-\x1f\x7f-\x9f]")
"""Controls that draw nothing: pyte takes those above 127 for commands, and drops the text behind others."""
_ALTERNATE: Final = frozenset({47, 1047, 1049})
_log = logging.getLogger("iochan.terminal")


class Emulator:
    """Keeps what the screen of a terminal shows; takes no more memory than its largest size needs.

    A program that has asked for the alternate screen gets it, and what it covered is kept.

    Args:
        rows: The size, until `resize` says otherwise.
        columns: The same.

    Attributes:
        main: The ordinary screen.
        alternate: The one that covers it; None while none does.

    Raises:
        ChannelError: pyte is missing.
    """

    def __init__(self, rows: int = 24, columns: int = 80) -> None:
        try:
            from pyte import Stream  # noqa: PLC0415 - optional
            from wcwidth import wcwidth  # noqa: PLC0415 - what pyte measures with

            from iochan.terminal.answering import AnsweringScreen, Voice  # noqa: PLC0415
        except ImportError:
            message = "a terminal in Python needs pyte: pip install 'iochan[screen]'"
            raise ChannelError(message) from None
        self._stream = Stream()
        self._stream.use_utf8 = False  # so that it knows line drawing; it is given characters
        self._voice = Voice()
        self._make = partial(AnsweringScreen, voice=self._voice)
        self._width = wcwidth
        self.main: Terminal = self._make(columns, rows)
        self.alternate: Terminal | None = None
        self._stream.attach(self.main)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._in_string = False
        self._marks = 0

    def put(self, data: bytes) -> None:
        """Draw what the device sent."""
        text = self._rest + self._decoder.decode(data)
        self._rest = ""
        at = 0
        while at < len(text):
            if self._in_string:
                at = self._skip_string(text, at)
                continue
            escape = text.find("\x1b", at)
            end = len(text) if escape < 0 else escape
            if end > at:
                self._feed(self._plain(text[at:end]))
            if escape < 0:
                return
            at = self._take_sequence(text, escape)

    @property
    def shown(self) -> Terminal:
        """The screen that is seen."""
        return self.alternate or self.main

    def take_answers(self) -> bytes:
        """Return what the terminal answers to the program's questions, once."""
        answers, self._voice.answers = self._voice.answers, ""
        return answers.encode()

    def take_bell(self) -> bool:
        """Tell whether the bell rang since the last time."""
        rang, self._voice.rang = self._voice.rang, False
        return rang

    def resize(self, rows: int, columns: int) -> None:
        """Have this size from now on, within `MAX_ROWS` and `MAX_COLUMNS`."""
        rows, columns = min(max(rows, 1), MAX_ROWS), min(max(columns, 1), MAX_COLUMNS)
        for one in (self.main, self.alternate):
            if one is not None:
                one.resize(rows, columns)

    def _skip_string(self, text: str, at: int) -> int:
        """Return where the string that goes on at *at* has ended; the end of *text* if it has not."""
        end = _END_OF_STRING.search(text, at)
        if end is None:
            self._rest = "\x1b" if text.endswith("\x1b") else ""
            return len(text)
        self._in_string = False
        return end.end()

    def _take_sequence(self, text: str, at: int) -> int:
        """Do the command at *at*, and return what stands behind it; keep one that is cut off."""
        found = _SEQUENCE.match(text, at)
        if found is None:
            if len(text) - at > _MAX_SEQUENCE or not _may_go_on(text[at:]):
                return at + 1
            self._rest = text[at:]
            return len(text)
        if found["string"]:
            self._in_string = True
        elif found["final"]:
            self._take_command(found)
        elif found["other"] == "c":
            self._leave_alternate()
            self._feed("\x1bc")
        else:
            self._feed(found[0])
        return found.end()

    def _take_command(self, found: re.Match[str]) -> None:
        prefix, numbers, final = found["prefix"], found["numbers"], found["final"]
        private = prefix == "?" and final in "hlJK"
        if (prefix and not private) or found["between"] or ":" in numbers or len(numbers) > _MAX_SEQUENCE:
            return
        if final in "hl":
            for number in numbers.split(";"):
                self._set_mode(prefix, int(number[:6] or 0), final)
            return
        self._feed(found[0])

    def _set_mode(self, prefix: str, mode: int, final: str) -> None:
        if prefix and mode in _ALTERNATE:
            (self._enter_alternate if final == "h" else self._leave_alternate)()
        elif mode < (_MAX_ARGUMENT if prefix else _MAX_ANSI_MODE) and (prefix, mode) != _WIDTH_OF_132:
            self._feed(f"\x1b[{prefix}{mode}{final}")

    def _enter_alternate(self) -> None:
        if self.alternate is None:
            main = self.main
            self.alternate = self._make(main.columns, main.lines)
            self.alternate.mode = set(main.mode)
            self._listen(self.alternate)

    def _leave_alternate(self) -> None:
        gone, self.alternate = self.alternate, None
        if gone is not None:
            self.main.mode = set(gone.mode)
            self._listen(self.main)

    def _listen(self, terminal: Terminal) -> None:
        if self._stream.listener is not None:
            self._stream.detach(self._stream.listener)
        self._stream.attach(terminal)

    def _plain(self, text: str) -> str:
        """Return *text* without what pyte would take for commands, and without marks that never end."""
        text = _UNSEEN.sub("", text)
        if text.isascii():
            self._marks = 0 if text else self._marks
            return text
        kept: list[str] = []
        for char in text:
            if unicodedata.combining(char):
                self._marks += 1
                if self._marks <= _MAX_MARKS:
                    kept.append(char)
            elif char < " " or self._width(char) > 0:
                self._marks = 0
                kept.append(char)
        return "".join(kept)

    def _feed(self, text: str) -> None:
        terminal = self.shown
        try:
            self._stream.feed(text)
        except Exception as error:  # noqa: BLE001 - what pyte cannot do is no fault of the device
            _log.debug("the screen passes over %r: %r", text[:_MAX_SEQUENCE], error)
            terminal.ensure_hbounds()
            terminal.ensure_vbounds()
        del terminal.savepoints[:-_MAX_SAVED]


def _may_go_on(text: str) -> bool:
    """Tell whether *text*, which begins with ESC, is the beginning of a command."""
    return re.fullmatch(r"\x1b(?:\[[<-?]?[0-9;:]*[ -/]*|[()#%])?", text) is not None
