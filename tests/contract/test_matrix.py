"""The contract of byte streams, over every base × stack × fault, under every driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iochan.telnet.layer import TelnetLayer
from iochan.testing.contract import ByteStreamContract
from iochan.testing.drivers import DRIVERS, Driver
from tests.contract.bases import BASES, FAULTS, Creds, Pair, stacks
from tests.contract.cells import CELLS, STACKS, Cell
from tests.telnet.ends import agree

_DRIBBLED = 2_000


class TestMatrix(ByteStreamContract):
    @pytest.fixture(params=CELLS, ids="-".join)
    def cell(self, request: pytest.FixtureRequest) -> Cell:
        cell: Cell = request.param
        self.bulk = _DRIBBLED if cell.fault == "dribble" else 50_000
        return cell

    @pytest.fixture
    def pair(self, cell: Cell, creds: Creds) -> Iterator[Pair]:
        wrap, spoil = stacks(creds)[cell.stack], FAULTS[cell.fault]
        one, other = BASES[cell.base]()
        left, right = wrap(spoil(one, True), True), wrap(spoil(other, False), False)
        try:
            DRIVERS["stepped"](left.handshake_op(), right.handshake_op())
            if isinstance(left, TelnetLayer) and isinstance(right, TelnetLayer):
                agree(left, right)
            yield left, right
        finally:
            left.abort()
            right.abort()

    @pytest.fixture
    def drive(self, cell: Cell) -> Driver:
        return DRIVERS[cell.driver]


def test_every_stack_is_in_the_matrix(creds: Creds) -> None:
    assert tuple(stacks(creds)) == STACKS
    assert {cell.driver for cell in CELLS} == set(DRIVERS)
