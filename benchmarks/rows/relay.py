"""A relay alone on its core between a raw sender and a raw receiver: its CPU for each KiB."""

from __future__ import annotations

from benchmarks.rows.row import OTHER_CORE, Bar, Part, Row, cpu_per_kib, sent_megabytes


def relay(name: str, title: str, sender: str, peers: tuple[str, ...], bars: tuple[Bar, ...]) -> Row:
    """A row of this kind; ``sender`` says whether TLS goes in. The receiver speaks plain TCP."""
    return Row(
        name=name,
        title=title,
        parts=(
            Part("sink", "raw", server=True, core=OTHER_CORE),
            Part("relay", server=True),
            Part("pour", sender, core=OTHER_CORE, watches=1),
        ),
        measured=2,
        unit="ns/KiB",
        figure=cpu_per_kib,
        extras={"MB/s": sent_megabytes},
        less_is_better=True,
        peers=peers,
        bars=bars,
        work={"size": 64 * 1024, "tls": sender == "ssl-socket"},
    )


ROWS = (
    relay(
        "relay-tcp",
        "relay TCP to TCP, CPU of the relay",
        "raw",
        ("asyncio-relay", "socat"),
        (Bar("iochan-relay", ("asyncio-relay",), 0.8), Bar("iochan-relay", ("socat",), 0.4)),
    ),
    relay(
        "relay-tls",
        "relay TLS to TCP, CPU of the relay",
        "ssl-socket",
        ("stunnel", "socat", "asyncio-relay"),
        (Bar("iochan-relay", ("stunnel",), 0.9), Bar("iochan-relay", ("socat",), 0.9)),
    ),
)
