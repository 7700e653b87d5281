"""check_ops finds the operations that nobody runs, and only those."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_ops import complaints, dropped

WRONG = {
    "dropped method": ("channel.flush_op()", 1),
    "dropped function": ("def f(c):\n    greet_op(c)", 2),
    "dropped result of a call": ("get().handshake_op()", 1),
    "yielded itself": ("def f(c):\n    yield c.flush_op()", 2),
    "yielded and kept": ("def f(c):\n    got = yield c.readv_op([b])", 2),
}

RIGHT = {
    "delegated": "def f(c):\n    yield from c.flush_op()",
    "run": "run(channel.flush_op())",
    "awaited by a driver": "async def f(c):\n    await arun(c.flush_op())",
    "kept": "op = channel.flush_op()",
    "returned": "def f(c):\n    return c.flush_op()",
    "no operation": "channel.flush()",
}


@pytest.mark.parametrize(("source", "line"), WRONG.values(), ids=WRONG)
def test_refuses(source: str, line: int) -> None:
    assert [where for where, _ in dropped(source)] == [line]


@pytest.mark.parametrize("source", RIGHT.values(), ids=RIGHT)
def test_accepts(source: str) -> None:
    assert list(dropped(source)) == []


def test_says_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "iochan").mkdir()
    (tmp_path / "iochan" / "bad.py").write_text("x = 1\nc.flush_op()\n")
    (said,) = complaints(tmp_path)
    assert said.startswith("iochan/bad.py:2: flush_op(...) is dropped")
