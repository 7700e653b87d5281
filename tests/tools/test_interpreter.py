"""tools/interpreter chooses a Python that can build the environment, or names the cure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

INTERPRETER = Path(__file__).parents[2] / "tools" / "interpreter"


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(INTERPRETER), *arguments], capture_output=True, text=True, timeout=20, check=False
    )


def fake_python(folder: Path, *, refuses: str) -> str:
    """Make a Python that fails on commands which contain *refuses*."""
    path = folder / "python3"
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1 ;; esac\nexec {sys.executable} "$@"\n',
    )
    path.chmod(0o755)
    return str(path)


def test_the_interpreter_given_is_taken() -> None:
    said = ask(sys.executable)
    assert (said.returncode, said.stdout.strip()) == (0, sys.executable)


def test_a_python_without_ensurepip_is_refused_with_the_cure(tmp_path: Path) -> None:
    said = ask(fake_python(tmp_path, refuses="ensurepip"))
    assert said.returncode == 1
    assert "apt install python3-venv" in said.stderr


@pytest.mark.parametrize("program", ["/bin/sh", "/nonexistent"])
def test_a_program_that_is_no_python_is_refused(program: str) -> None:
    said = ask(program)
    assert said.returncode == 1
    assert f"{program} is no Python 3.11 or later" in said.stderr


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    said = ask(fake_python(tmp_path, refuses="version_info"))
    assert (said.returncode, said.stdout) == (1, "")


def test_an_absent_version_is_no_error_text() -> None:
    said = ask("3.999")
    assert (said.returncode, said.stdout, said.stderr) == (1, "", "")
