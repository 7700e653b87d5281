"""Messages in 16 pieces of 4 KiB over a unix socket: what a vector costs or saves."""

from __future__ import annotations

from benchmarks.rows.oneway import PARTS
from benchmarks.rows.row import Bar, Row, received_megabytes

ROWS = (
    Row(
        name="vectored-unix",
        title="16 x 4 KiB a message, unix socket",
        parts=PARTS,
        measured=0,
        unit="MB/s",
        figure=received_megabytes,
        peers=("sendmsg",),
        bars=(Bar("iochan", ("sendmsg",), 0.95),),
        work={"size": 64 * 1024, "pieces": 16, "unix": True},
    ),
)
