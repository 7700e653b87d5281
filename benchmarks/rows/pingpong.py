"""64 bytes there and back, both ends on one core: what a trip costs in work."""

from __future__ import annotations

from benchmarks.rows.row import Bar, Part, Row, messages_per_second

PARTS = (Part("echo", server=True), Part("ping"))


def pingpong(
    name: str, title: str, peers: tuple[str, ...], bars: tuple[Bar, ...], *, tls: bool = False
) -> Row:
    """A row of this kind."""
    return Row(
        name=name,
        title=title,
        parts=PARTS,
        measured=1,
        unit="trips/s",
        figure=messages_per_second,
        peers=peers,
        bars=bars,
        work={"size": 64, "tls": tls},
    )


ROWS = (
    pingpong("pingpong", "64 B ping-pong, TCP, blocking", ("raw",), (Bar("iochan", ("raw",), 0.90),)),
    pingpong(
        "pingpong-pollloop",
        "64 B ping-pong, TCP, own event loop",
        ("epoll", "raw"),
        (Bar("iochan-pollloop", ("epoll",), 0.90),),
    ),
    pingpong(
        "pingpong-asyncio",
        "64 B ping-pong, TCP, awaited on asyncio",
        ("asyncio-streams", "asyncio-protocol", "asyncio-bufproto", "anyio", "trio"),
        (
            Bar("iochan-asyncio", ("asyncio-streams",), 1.3),
            Bar("iochan-asyncio", ("anyio",), 3.0),
            Bar("iochan-asyncio", ("trio",), 2.2),
        ),
    ),
    pingpong(
        "pingpong-uvloop",
        "64 B ping-pong, TCP, awaited on uvloop",
        ("uvloop-streams", "uvloop-protocol"),
        (
            Bar("iochan-uvloop", ("uvloop-streams",), 0.90),
            Bar("iochan-uvloop", ("uvloop-protocol",), 0.70),
        ),
    ),
    pingpong(
        "tls-pingpong",
        "64 B ping-pong, TLS 1.3",
        (
            "ssl-socket",
            "pyopenssl",
            "asyncio-protocol",
            "asyncio-streams",
            "uvloop-protocol",
            "anyio",
            "trio",
        ),
        (
            Bar("iochan", ("ssl-socket",), 0.95),
            Bar("iochan-asyncio", ("asyncio-protocol",), 1.1),
            Bar("iochan-asyncio", ("asyncio-streams",), 1.4),
        ),
        tls=True,
    ),
)
