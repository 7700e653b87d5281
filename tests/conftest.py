"""Settings that every test shares."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from hypothesis import settings

# A deadline for each example measures the machine's load, not the code; pytest-timeout bounds the whole test.
settings.register_profile("iochan", deadline=None, max_examples=50)
settings.load_profile("iochan")


async def _nothing() -> None:
    """Run for the sake of what a loop opens."""


def pytest_sessionstart() -> None:
    """Let libuv open what it keeps for the whole process, before tests count descriptors."""
    if find_spec("uvloop") is not None:
        import_module("uvloop").run(_nothing())
