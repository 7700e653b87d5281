"""Every driver as a function that runs one operation to its end (see `iochan.testing.drivers`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iochan.core.op import Op
from iochan.testing import drivers

__all__ = ["DRIVERS", "RunOp", "each_driver"]

RunOp = Callable[[Op[Any]], Any]


def _alone(drive: drivers.Driver) -> RunOp:
    return lambda op: drive(op)[0]


DRIVERS: dict[str, RunOp] = {name: _alone(drive) for name, drive in drivers.DRIVERS.items()}

each_driver = pytest.mark.parametrize("run_op", DRIVERS.values(), ids=DRIVERS.keys())
"""Parametrises a test with ``run_op``."""
