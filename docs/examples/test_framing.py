"""The contract of a stream of bytes, kept by the layer under every driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from framing import framing

from iochan import Channel
from iochan.channels.unix import socketpair
from iochan.testing.contract import ByteStreamContract
from iochan.testing.drivers import DRIVERS, Driver


class TestFraming(ByteStreamContract):
    """Every test of the suite, over frames on a pair of sockets."""

    @pytest.fixture(params=list(DRIVERS))
    def drive(self, request: pytest.FixtureRequest) -> Driver:
        """Run operations: blocking, on each event loop, stepped."""
        return DRIVERS[request.param]

    @pytest.fixture
    def pair(self) -> Iterator[tuple[Channel, Channel]]:
        """Return two ends that are ready to be used."""
        left, right = map(framing, socketpair())
        for end in (left, right):
            end.handshake()
        yield left, right
        left.abort()
        right.abort()
