"""Which combinations the matrix runs."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from iochan.testing.drivers import DRIVERS
from tests.contract.bases import BASES, FAULTS

__all__ = ["BROKEN_CELLS", "CELLS", "PLAIN", "STACKS", "Cell"]

STACKS = (
    "plain", "tls", "tls-tls", "ws", "tls-ws-tls", "http-connect", "frames", "telnet",
    "buffered", "throttle", "trace", "record",
)  # fmt: skip

PLAIN = frozenset({"plain", "buffered", "throttle", "trace", "record", "telnet", "http-connect"})
"""Those that change no byte, and have no end of their own."""


_DEEP = ("unix", "tls-ws-tls")
"""What runs under every driver and every fault."""


class Cell(NamedTuple):
    """One combination."""

    base: str
    stack: str
    fault: str
    driver: str


def _cells() -> list[Cell]:
    """Return every base × stack × fault, each under drivers in turn; the commonest under all of them."""
    turn = itertools.cycle(DRIVERS)
    cells = []
    for combination in itertools.product(BASES, STACKS, FAULTS):
        base, stack, fault = combination
        common = base in {"unix", "tcp"} and stack in {"plain", "tls"} and fault in {"smooth", "random"}
        common = common or (base, stack) == _DEEP
        drivers = list(DRIVERS) if common else [next(turn)]
        cells += [Cell(*combination, driver) for driver in drivers]
    return cells


def _broken_cells() -> list[Cell]:
    """Return every base × stack, each under drivers in turn; the deep one under all of them."""
    turn = itertools.cycle(DRIVERS)
    return [
        Cell(base, stack, "broken", driver)
        for base, stack in itertools.product(BASES, STACKS)
        for driver in (DRIVERS if (base, stack) == _DEEP else [next(turn)])
    ]


CELLS = _cells()
BROKEN_CELLS = _broken_cells()
