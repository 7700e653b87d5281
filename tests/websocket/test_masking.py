"""Masks by each of the ways there are."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.websocket import masking

WAYS = {"c": (), "numpy": ("websockets.speedups",), "integers": ("websockets.speedups", "numpy")}


def load(missing: tuple[str, ...]) -> ModuleType:
    """Return the module as it is where *missing* cannot be imported."""
    assert masking.__spec__ is not None
    spec = importlib.util.spec_from_file_location("masking_elsewhere", masking.__spec__.origin)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name in missing:
            patch.setitem(sys.modules, name, None)
        spec.loader.exec_module(module)
    return module


LOADED = {way: load(missing) for way, missing in WAYS.items()}


@pytest.mark.parametrize("way", WAYS)
@given(data=st.binary(max_size=70), key=st.binary(min_size=4, max_size=4), start=st.integers(0, 3))
def test_a_mask_changes_each_byte_by_its_place(way: str, data: bytes, key: bytes, start: int) -> None:
    expected = bytes(byte ^ key[index & 3] for index, byte in enumerate(data[start:]))
    view = memoryview(bytearray(data))[start:]
    assert LOADED[way].apply_mask(view, key) == expected
    assert LOADED[way].apply_mask(data[start:], key) == expected


def test_the_ways_are_different_ones() -> None:
    assert len({LOADED[way].apply_mask.__module__ for way in WAYS}) == len(WAYS)


def test_keys_are_for_one_frame_each() -> None:
    keys = masking.fresh_keys() + masking.fresh_keys()
    assert {len(key) for key in keys} == {4}
    assert len(set(keys)) > len(keys) - 5
