"""WebSocket: the same work as the plain rows', with a WebSocket on the socket or on TLS."""

from __future__ import annotations

from benchmarks.rows.row import (
    OTHER_CORE,
    Bar,
    Part,
    Row,
    cpu_per_kib,
    messages_per_second,
    received_megabytes,
    sent_megabytes,
)

PEERS = ("picows", "aiohttp", "websockets", "websockets-sync")
TO_SERVER = (Part("sink", server=True), Part("pour"))
TO_CLIENT = (Part("pour", server=True), Part("sink"))


def bulk(name: str, title: str, *, size: int, to_server: bool, tls: bool) -> Row:
    """One way."""
    return Row(
        name=name,
        title=title,
        parts=TO_SERVER if to_server else TO_CLIENT,
        measured=0 if to_server else 1,
        unit="MB/s",
        figure=received_megabytes,
        peers=PEERS,
        bars=(Bar("iochan-asyncio", ("picows",), 0.7 if tls else 0.9), Bar("iochan", ("picows",), 0.7)),
        work={"size": size, "tls": tls, "websocket": True},
    )


ROWS = (
    Row(
        name="ws-pingpong",
        title="64 B ping-pong, WebSocket",
        parts=(Part("echo", server=True), Part("ping")),
        measured=1,
        unit="trips/s",
        figure=messages_per_second,
        peers=(*PEERS, "picows-uvloop", "websockets-uvloop"),
        bars=(
            Bar("iochan", ("websockets-sync",), 1.5),
            Bar("iochan-asyncio", ("websockets",), 2.0),
            Bar("iochan-asyncio", ("aiohttp",), 1.3),
        ),
        work={"size": 64, "websocket": True},
    ),
    *(
        bulk(
            f"{'wss' if tls else 'ws'}-{'up' if to_server else 'down'}-{label}",
            f"one way, {label} messages, WebSocket{' over TLS 1.3' if tls else ''}, "
            f"{'client to server' if to_server else 'server to client'}",
            size=size,
            to_server=to_server,
            tls=tls,
        )
        for tls in (False, True)
        for label, size in (("64k", 64 * 1024), ("1m", 1024 * 1024))
        for to_server in (True, False)
    ),
    Row(
        name="ws-small",
        title="64 B messages one way, gathered, WebSocket",
        parts=TO_SERVER,
        measured=0,
        unit="MB/s",
        figure=received_megabytes,
        peers=PEERS,
        bars=(Bar("iochan", ("aiohttp", "websockets", "websockets-sync"), 1.0),),
        work={"size": 64, "gather": True, "websocket": True},
    ),
    Row(
        name="ws-relay",
        title="relay WebSocket to TCP, CPU of the relay",
        parts=(
            Part("sink", "raw", server=True, core=OTHER_CORE),
            Part("relay", server=True),
            Part("pour", "iochan", core=OTHER_CORE, watches=1),
        ),
        measured=2,
        unit="ns/KiB",
        figure=cpu_per_kib,
        extras={"MB/s": sent_megabytes},
        less_is_better=True,
        peers=("websockify",),
        bars=(Bar("iochan-relay", ("websockify",), 0.4),),
        work={"size": 64 * 1024, "websocket": True},
    ),
)
