"""The checks tell make by their exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.mark.parametrize(
    ("tool", "source", "status"),
    [
        ("check_ops.py", None, 0),
        ("check_ops.py", "c.flush_op()\n", 1),
        ("check_layout.py", "c.flush_op()\n", 1),
    ],
)
def test_the_status_is_one_exactly_when_something_is_wrong(
    tmp_path: Path, tool: str, source: str | None, status: int
) -> None:
    (tmp_path / "iochan").mkdir()
    if source:
        (tmp_path / "iochan" / "untested.py").write_text(source)
    done = subprocess.run(
        [sys.executable, str(TOOLS / tool)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == status
    assert ("iochan/untested.py" in done.stderr) == bool(status)
