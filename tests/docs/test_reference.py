"""The reference's tables are those of the code."""

from __future__ import annotations

import inspect
import os
import re
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

import click
import pytest

from iochan.address import SerialAddress
from iochan.channels.buffer import BufferChannel
from iochan.channels.command import CommandChannel
from iochan.channels.file import FileChannel
from iochan.channels.null import NullChannel
from iochan.channels.pair import memory_pair
from iochan.channels.pipe import pipe_pair
from iochan.channels.pty import PtyChannel
from iochan.channels.ring import RingChannel
from iochan.channels.serial import SerialChannel
from iochan.channels.socket import SocketChannel
from iochan.channels.stdio import StdioChannel
from iochan.channels.unix import socketpair
from iochan.channels.zerocopy import ZeroCopyChannel
from iochan.cli.main import main
from iochan.core.channel import Channel
from iochan.core.feature import Feature
from iochan.core.registry import LAYERS, known, lookup

REFERENCE = Path(__file__).parents[2] / "docs/reference"
ROWS = re.findall(
    r"^\| `(\w+Channel)` \| [^|]* \| (.*) \|$", (REFERENCE / "channels.md").read_text("utf-8"), re.MULTILINE
)
COLUMNS = ("HALF_CLOSE", "FD_PASS", "SHUTDOWN", "SEEK", "PEEK", "ZERO_COPY", "CONCURRENT")


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        return near, server.accept()[0]


def make(name: str, path: Path) -> list[Channel]:
    """Return a channel of the class *name*, and the other ends that it needs."""
    if name in {"SocketChannel", "ZeroCopyChannel"}:
        near, far = tcp_pair()
        kind = ZeroCopyChannel if name == "ZeroCopyChannel" else SocketChannel
        return [kind(near), SocketChannel(far)]
    if name == "StdioChannel":
        return stdio()
    if name == "SerialChannel":
        machine = PtyChannel()
        return [SerialChannel(SerialAddress(machine.slave)), machine]
    makers: dict[str, Callable[[], Iterable[Channel]]] = {
        "UnixChannel": socketpair,
        "FileChannel": lambda: [FileChannel.open(path, "rw")],
        "PipeChannel": lambda: pipe_pair(both_ways=True),
        "CommandChannel": lambda: [CommandChannel(["cat"])],
        "PtyChannel": lambda: [PtyChannel()],
        "BufferChannel": lambda: [BufferChannel()],
        "NullChannel": lambda: [NullChannel()],
        "RingChannel": lambda: [RingChannel()],
        "MemoryChannel": memory_pair,
    }
    return list(makers[name]())


def stdio() -> list[Channel]:
    """Return standard input and output over a pair of pipes."""
    reading, near = os.pipe()
    far, writing = os.pipe()
    channel = StdioChannel(stdin=reading, stdout=writing)
    for fd in (near, far, reading, writing):
        os.close(fd)
    return [channel]


@pytest.mark.parametrize(("name", "cells"), ROWS, ids=[name for name, _ in ROWS])
def test_a_channel_has_the_features_of_its_row(name: str, cells: str, tmp_path: Path) -> None:
    features = [cell.strip() == "yes" for cell in cells.split("|")]
    channels = make(name, tmp_path / "file")
    try:
        channel = channels[0]
        assert type(channel).__name__ == name
        has = [Feature[column] in channel.features for column in COLUMNS]
        if name == "ZeroCopyChannel":
            features[COLUMNS.index("ZERO_COPY")] = Feature.ZERO_COPY in channel.features  # the kernel decides
        assert has == features
    finally:
        for channel in channels:
            channel.abort()


def test_every_channel_has_a_row() -> None:
    package = Path(inspect.getfile(SocketChannel)).parent
    public = {
        name
        for path in package.glob("*.py")
        for name in re.findall(r"^class ([A-Z]\w+Channel)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {name for name, _ in ROWS} == public - {"SharedChannel"}


def test_the_table_of_layers_has_every_option() -> None:
    page = (REFERENCE / "layers.md").read_text("utf-8")
    table = re.findall(r"^\| `([a-z0-9-]+)` \| (?:`([a-z-]+)`)? ?\| .* \|$", page, re.MULTILINE)
    options = []
    for name in known(LAYERS):
        names = list(inspect.signature(lookup(LAYERS, name)).parameters)[1:]
        options += [(name, option.replace("_", "-")) for option in names] or [(name, "")]
    assert sorted(table) == sorted(options)


def test_the_page_of_commands_has_every_command() -> None:
    page = (REFERENCE / "cli.md").read_text("utf-8")
    shown = set(re.findall(r"^```\{command-help\} (\w+)", page, re.MULTILINE))
    assert shown == set(main.list_commands(click.Context(main)))
