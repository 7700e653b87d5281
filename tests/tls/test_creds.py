from __future__ import annotations

from pathlib import Path

import pytest

from iochan.core.errors import CredsError
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.creds import TlsCreds
from iochan.tls.endpoint import Endpoint
from iochan.tls.x509 import X509Creds


@pytest.mark.parametrize("endpoint", Endpoint)
def test_creds_know_their_side_and_refuse_the_other(tmp_path: Path, endpoint: Endpoint) -> None:
    creds = X509Creds(ThrowAwayPki(tmp_path).dir, endpoint, verify_peer=False)
    other = next(one for one in Endpoint if one is not endpoint)
    creds.require(endpoint)
    with pytest.raises(CredsError, match=f"expected TLS credentials for a {other.value} endpoint") as caught:
        creds.require(other)
    assert str(caught.value).endswith(f"load them with endpoint={other.value}")
    assert isinstance(creds, TlsCreds)
    assert creds.endpoint is endpoint
    assert not creds.verify_peer


def test_repr_shows_the_directory_and_the_side_only(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    creds = X509Creds(pki.dir, Endpoint.SERVER)
    assert repr(creds) == f"X509Creds(dir={str(pki.dir)!r}, endpoint='server')"
    assert creds.dir == pki.dir


def test_creds_cannot_be_changed(tmp_path: Path) -> None:
    creds = X509Creds(ThrowAwayPki(tmp_path).dir, Endpoint.CLIENT)
    with pytest.raises(AttributeError):
        creds.verify_peer = False  # type: ignore[misc]
