"""What one end of a telnet connection is, and what it agrees to."""

from __future__ import annotations

from dataclasses import dataclass

from iochan.telnet.option import Option

__all__ = ["TelnetTerms"]


@dataclass(frozen=True, slots=True)
class TelnetTerms:
    """What one end of a connection is, and what it agrees to.

    Attributes:
        server: Which end it is.
        binary: Whether both directions shall be free of the rules for carriage returns (RFC 856).
        echo: Whether a server asks its client not to echo what is typed (RFC 857).
        enter: Whether CR LF from the peer is read as CR alone, as a terminal's Enter key sends it.
        terminal: The type of a client's terminal; None has none to tell.
        window: Columns and rows of a client's window; None has none.
    """

    server: bool
    binary: bool = True
    echo: bool = True
    enter: bool = False
    terminal: str | None = None
    window: tuple[int, int] | None = None

    def allowed(self, *, comport: bool) -> tuple[set[int], set[int]]:
        """Return the options that may be on: on our side, and on the peer's.

        Args:
            comport: Whether there is a serial port to talk about.
        """
        both: set[int] = {Option.SUPPRESS_GO_AHEAD}
        if self.binary:
            both.add(Option.BINARY)
        if comport:
            both.add(Option.COM_PORT)
        if self.server:
            echo = {Option.ECHO} if self.echo else set()
            return both | echo, both | {Option.TERMINAL_TYPE, Option.WINDOW_SIZE}
        own = set() if self.terminal is None else {Option.TERMINAL_TYPE}
        # The size of a window may become known later.
        return both | own | {Option.WINDOW_SIZE}, both | {Option.ECHO}

    def asked(self, *, comport: bool) -> tuple[list[int], list[int]]:
        """Return what this end asks for at once, in this order: on our side, and on the peer's."""
        theirs: list[int] = [Option.SUPPRESS_GO_AHEAD]
        if self.binary:
            theirs.append(Option.BINARY)
        if self.server:
            ours: list[int] = [Option.SUPPRESS_GO_AHEAD, *([Option.ECHO] if self.echo else [])]
            return ours, [*theirs, Option.TERMINAL_TYPE, Option.WINDOW_SIZE]
        wishes = {
            Option.TERMINAL_TYPE: self.terminal is not None,
            Option.WINDOW_SIZE: self.window is not None,
            Option.COM_PORT: comport,
        }
        return [option for option, wish in wishes.items() if wish], theirs
