from __future__ import annotations

import pytest

from iochan.core.registry import lookup
from iochan.crypto.backend import BACKENDS, Backend
from iochan.crypto.errors import BackendMissing


def opened(name: str) -> Backend:
    """Return the backend of an entry point, or skip the test where its library is missing."""
    try:
        backend = lookup(BACKENDS, name)()
    except BackendMissing as error:
        pytest.skip(str(error))
    assert isinstance(backend, Backend)
    return backend


@pytest.fixture(scope="session", params=["nettle", "libgcrypt"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return opened(request.param)


@pytest.fixture(scope="session")
def nettle() -> Backend:
    return opened("nettle")


@pytest.fixture(scope="session")
def libgcrypt() -> Backend:
    return opened("libgcrypt")
