"""Ends to talk over, and the loops to talk under."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from iochan.channels.socket import SocketChannel
from tests.aio.running import RUNNERS, Runner


@pytest.fixture(params=RUNNERS)
def start(request: pytest.FixtureRequest) -> Runner:
    return RUNNERS[request.param]


@pytest.fixture(params=["asyncio", "uvloop"])
def start_asyncio(request: pytest.FixtureRequest) -> Runner:
    return RUNNERS[request.param]


@pytest.fixture
def ends() -> Iterator[tuple[SocketChannel, SocketChannel]]:
    near, far = map(SocketChannel, socket.socketpair())
    yield near, far
    near.abort()
    far.abort()
