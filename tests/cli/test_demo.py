from __future__ import annotations

import json

import pytest

from tests.cli.command import iochan

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_the_shell_answers_and_every_stack_moves_its_bytes() -> None:
    done = iochan("demo", "--json")
    result = json.loads(done.stdout)
    assert result["shell_answered"]
    assert not [row for row in result["stacks"] if row["error"]]
    assert done.returncode == 0
