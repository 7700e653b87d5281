"""check_layout sees modules that are too long, or that no test module mirrors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_layout import MAX_LINES, complaints, own_test


def write(root: Path, name: str, lines: int = 1) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1\n" * lines)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a small tree with nothing wrong in it."""
    write(tmp_path, "iochan/__init__.py")
    write(tmp_path, "iochan/tls/codec.py", MAX_LINES)
    write(tmp_path, "tests/tls/test_codec.py")
    return tmp_path


def test_a_good_tree_passes(tree: Path) -> None:
    assert list(complaints(tree)) == []


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("iochan/stack.py", "tests/test_stack.py"),
        ("iochan/tls/codec.py", "tests/tls/test_codec.py"),
        ("iochan_ext/nettle/hash.py", "tests/ext/nettle/test_hash.py"),
    ],
)
def test_tests_mirror_the_packages(module: str, test: str) -> None:
    assert own_test(module) == test


def test_a_long_module_is_refused_unless_listed(tree: Path) -> None:
    write(tree, "iochan/tls/codec.py", MAX_LINES + 1)
    (said,) = complaints(tree)
    assert said.startswith("iochan/tls/codec.py: 401 lines")
    assert list(complaints(tree, long={"iochan/tls/codec.py": "one table"})) == []


def test_a_module_without_tests_is_refused_unless_something_covers_it(tree: Path) -> None:
    write(tree, "iochan/tls/layer.py")
    (said,) = complaints(tree)
    assert said.startswith("iochan/tls/layer.py: no tests/tls/test_layer.py")
    listed = {"iochan/tls/layer.py": ("tests/tls/test_codec.py", "tested as one")}
    assert list(complaints(tree, covered_by=listed)) == []


def test_the_covering_test_must_be_there(tree: Path) -> None:
    write(tree, "iochan/tls/layer.py")
    listed = {"iochan/tls/layer.py": ("tests/contract/test_gone.py", "tested as one")}
    (said,) = complaints(tree, covered_by=listed)
    assert "no tests/contract/test_gone.py" in said


def test_an_entry_without_its_module_is_refused(tree: Path) -> None:
    (said,) = complaints(tree, long={"iochan/gone.py": "was long"})
    assert said.startswith("iochan/gone.py: listed")
