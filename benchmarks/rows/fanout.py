"""1,000 connections with a 1 KiB request each: a server alone on its core, under a common client."""

from __future__ import annotations

from benchmarks.rows.row import (
    OTHER_CORE,
    Bar,
    Cap,
    Part,
    Row,
    cpu_per_message,
    memory_per_connection,
    messages_per_second,
)

MEMORY = "KiB/conn"


def fanout(name: str, title: str, *, ratio: float, memory: float, tls: bool) -> Row:
    """A row of this kind: the least ratio to asyncio's BufferedProtocol, the most KiB a connection."""
    return Row(
        name=name,
        title=title,
        parts=(Part("fan", server=True), Part("crowd", "crowd", core=OTHER_CORE, watches=0)),
        measured=1,
        unit="req/s",
        figure=messages_per_second,
        extras={"CPU us/req": cpu_per_message, MEMORY: memory_per_connection},
        peers=("asyncio-bufproto", "asyncio-protocol", "asyncio-streams"),
        bars=(
            Bar("iochan-asyncio", ("asyncio-bufproto",), ratio),
            Cap("iochan-asyncio", MEMORY, memory),
        ),
        work={"size": 1024, "connections": 1000, "tls": tls},
    )


ROWS = (
    fanout("fanout", "1,000 connections, 1 KiB echo, asyncio", ratio=0.8, memory=8, tls=False),
    fanout("tls-fanout", "1,000 connections, 1 KiB echo, asyncio, TLS 1.3", ratio=0.7, memory=50, tls=True),
)
