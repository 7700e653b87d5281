"""Bulk in one direction, both ends on one core: the sum of both sides' work."""

from __future__ import annotations

from benchmarks.rows.row import Bar, Part, Row, received_megabytes

PARTS = (Part("sink", server=True), Part("pour"))

AWAITED = ("asyncio-streams", "uvloop-streams", "anyio", "trio")
PLAIN = ("raw", "asyncio-streams", "asyncio-bufproto", "uvloop-protocol", "anyio", "trio")
TLS = ("ssl-socket", "pyopenssl", "asyncio-protocol", "asyncio-bufproto", "uvloop-protocol", *AWAITED)

PLAIN_BARS = (Bar("iochan", ("raw",), 0.95), Bar("iochan-asyncio", ("raw",), 0.85))
TLS_BARS = (Bar("iochan", TLS, 0.95), Bar("iochan-asyncio", AWAITED, 1.0))


def oneway(name: str, title: str, *, size: int, tls: bool) -> Row:
    """A row of this kind."""
    return Row(
        name=name,
        title=title,
        parts=PARTS,
        measured=0,
        unit="MB/s",
        figure=received_megabytes,
        peers=TLS if tls else PLAIN,
        bars=TLS_BARS if tls else PLAIN_BARS,
        work={"size": size, "tls": tls},
    )


ROWS = (
    oneway("oneway-64k", "one way, 64 KiB messages, TCP", size=64 * 1024, tls=False),
    oneway("oneway-1m", "one way, 1 MiB messages, TCP", size=1024 * 1024, tls=False),
    oneway("tls-oneway-64k", "one way, 64 KiB messages, TLS 1.3", size=64 * 1024, tls=True),
    oneway("tls-oneway-1m", "one way, 1 MiB messages, TLS 1.3", size=1024 * 1024, tls=True),
)
