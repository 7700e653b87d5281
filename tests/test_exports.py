from __future__ import annotations

import subprocess
import sys

import pytest

import iochan


def test_the_names_are_sorted_and_stand_once() -> None:
    def kind(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert iochan.__all__ == sorted(set(iochan.__all__), key=kind)


@pytest.mark.parametrize("name", iochan.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(iochan, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Chan'"):
        iochan.Chan  # noqa: B018


def test_importing_iochan_loads_no_tls_library_and_no_event_loop() -> None:
    heavy = ("OpenSSL", "cryptography", "asyncio", "trio", "ssl", "click")
    code = f"import sys, iochan; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
