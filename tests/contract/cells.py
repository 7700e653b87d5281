"""Which combinations the matrix runs."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from iochan.testing.drivers import DRIVERS
from tests.contract.bases import BASES, FAULTS

__all__ = ["CELLS", "STACKS", "Cell"]

STACKS = (
    "plain", "tls", "tls-tls", "ws", "tls-ws-tls", "http-connect", "frames", "telnet",
    "buffered", "throttle", "trace", "record",
)  # fmt: skip


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
        common = common or (base == "unix" and stack == "tls-ws-tls")
        drivers = list(DRIVERS) if common else [next(turn)]
        cells += [Cell(*combination, driver) for driver in drivers]
    return cells


CELLS = _cells()
