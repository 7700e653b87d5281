"""Descriptors passed over a unix socket, one a message, each answered by a byte."""

from __future__ import annotations

from benchmarks.rows.row import Bar, Part, Row, messages_per_second

ROWS = (
    Row(
        name="fdpass",
        title="descriptors passed, unix socket",
        parts=(Part("take", server=True), Part("give")),
        measured=1,
        unit="passes/s",
        figure=messages_per_second,
        peers=("send-fds",),
        bars=(Bar("iochan", ("send-fds",), 0.9),),
        work={"size": 1, "unix": True},
    ),
)
