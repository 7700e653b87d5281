from __future__ import annotations

from examples import foreign_loop


def test_a_foreign_loop_moves_lines_between_two_channels() -> None:
    assert foreign_loop.main() == ["one", "two", "three"]
