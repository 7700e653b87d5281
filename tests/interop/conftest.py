"""A table of the foreign programs, at the end of each run that has interop tests in it."""

from __future__ import annotations

import pytest

from tools.peers import PEERS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which programs were here, and in which version."""
    terminalreporter.section("peers of the interop tests")
    for peer in PEERS:
        terminalreporter.write_line(f"{peer.program:<20} {peer.version()}")
