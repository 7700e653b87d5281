"""Settings that every test shares."""

from __future__ import annotations

from hypothesis import settings

# A deadline for each example measures the machine's load, not the code; pytest-timeout bounds the whole test.
settings.register_profile("iochan", deadline=None, max_examples=50)
settings.load_profile("iochan")
