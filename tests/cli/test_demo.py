from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.command import iochan

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_the_shell_answers_is_seen_and_every_stack_moves_its_bytes(tmp_path: Path) -> None:
    picture = tmp_path / "seen.png"
    done = iochan("demo", "--json", "--output", str(picture))
    result = json.loads(done.stdout)
    assert result["shell_answered"]
    assert not [row for row in result["stacks"] if row["error"]]
    assert done.returncode == 0
    assert result["picture"] == str(picture)
    with Image.open(picture) as image:
        assert image.size == (640, 400)
        assert len(image.getcolors() or []) > 1
