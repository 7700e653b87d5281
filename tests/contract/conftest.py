"""Certificates for the matrix, and the line that says how large it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from iochan.tls.pki import init_directory
from tests.contract.bases import BASES, FAULTS, Creds, load_creds
from tests.contract.cells import CELLS, STACKS


@pytest.fixture(scope="session")
def creds(tmp_path_factory: pytest.TempPathFactory) -> Creds:
    directory: Path = tmp_path_factory.mktemp("contract") / "pki"
    init_directory(directory)
    return load_creds(directory)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    drivers = {cell.driver for cell in CELLS}
    terminalreporter.write_line(
        f"contract matrix: {len(BASES)} bases × {len(STACKS)} stacks × {len(FAULTS)} faults, "
        f"{len(drivers)} drivers in turn = {len(CELLS)} cells"
    )
