"""A configuration of consoles: refused with a message that names it, or consoles with devices and entrances."""

from __future__ import annotations

from iochan.chardev.config import parse_config
from iochan.chardev.errors import ConfigError


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    try:
        config = parse_config(data, "f")
    except ConfigError as error:
        assert str(error).isprintable(), str(error)
        assert str(error).startswith("f: ")
        return
    for name, console in config.consoles.items():
        assert name.isprintable()
        assert console.backend.address
        for entrance in console.entrances:
            assert entrance.queue > 0
            assert entrance.escape is None or 0 <= entrance.escape < 127
