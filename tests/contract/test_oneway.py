"""The contract of one-way streams, over what goes one way here, under every driver."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iochan.channels.pipe import PipeChannel, pipe_pair
from iochan.core.channel import Channel
from iochan.layers.throttle import throttle
from iochan.testing.drivers import DRIVERS, Driver
from iochan.testing.onewaycontract import Flow, OneWayContract


def pipe(_: Path) -> Flow:
    reader, writer = pipe_pair()
    return writer, reader


def fifo(directory: Path) -> Flow:
    path = directory / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return PipeChannel(os.open(path, os.O_WRONLY | os.O_CLOEXEC)), PipeChannel(reader)


def buffered(directory: Path) -> Flow:
    writer, reader = pipe(directory)
    return writer, reader.buffered()


def throttled(directory: Path) -> Flow:
    writer, reader = fifo(directory)
    return throttle(writer, write_rate=1 << 30), reader


FLOWS: dict[str, Callable[[Path], tuple[Channel, Channel]]] = {
    "pipe": pipe,
    "fifo": fifo,
    "buffered": buffered,
    "throttled": throttled,
}


class TestOneWay(OneWayContract):
    @pytest.fixture(params=FLOWS)
    def flow(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flow]:
        writer, reader = FLOWS[request.param](tmp_path)
        yield writer, reader
        writer.abort()
        reader.abort()

    @pytest.fixture(params=DRIVERS)
    def drive(self, request: pytest.FixtureRequest) -> Driver:
        return DRIVERS[request.param]
