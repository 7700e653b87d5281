"""64-byte messages in one direction with no answers: who gathers writes."""

from __future__ import annotations

from benchmarks.rows.oneway import PARTS
from benchmarks.rows.row import Bar, Row, received_megabytes


def small(name: str, title: str, ungathered: str, *, tls: bool) -> Row:
    """A row of this kind; ``ungathered`` sends each message alone, for comparison."""
    return Row(
        name=name,
        title=title,
        parts=PARTS,
        measured=0,
        unit="MB/s",
        figure=received_megabytes,
        peers=("twisted", ungathered),
        bars=(Bar("iochan", ("twisted",), 0.5),),
        work={"size": 64, "gather": True, "tls": tls},
    )


ROWS = (
    small("small", "64 B messages one way, gathered, TCP", "raw", tls=False),
    small("tls-small", "64 B messages one way, gathered, TLS 1.3", "ssl-socket", tls=True),
)
