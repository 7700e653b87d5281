"""The engines: what stands on them is tested with each."""

from __future__ import annotations

import pytest

from iochan.tls.ability import TABLE, Ability
from iochan.tls.engines.select import ENVIRONMENT


@pytest.fixture(params=list(TABLE))
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with each engine, and return its name."""
    name: str = request.param
    monkeypatch.setenv(ENVIRONMENT, name)
    return name


@pytest.fixture
def abilities(engine: str) -> frozenset[Ability]:
    """Return what the engine can do beyond what all can."""
    return TABLE[engine]
