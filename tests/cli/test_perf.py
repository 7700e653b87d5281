from __future__ import annotations

import json

import pytest

from tests.cli.command import iochan

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_every_stack_moves_its_bytes() -> None:
    done = iochan("perf", "--seconds", "0.02", "--json")
    rows = json.loads(done.stdout)
    assert [row["stack"] for row in rows[:3]] == ["raw socket", "tcp", "tcp"]
    assert not [row for row in rows if row["error"]]
    assert all(row["rate"] > 0 and row["trips"] > 0 for row in rows)
    assert done.returncode == 0


def test_a_table_is_for_people() -> None:
    done = iochan("perf", "--seconds", "0.02", "unix")
    text = done.stdout.decode()
    assert "raw socket" in text
    assert "asyncio" in text
    assert "tls" not in text
