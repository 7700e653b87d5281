from __future__ import annotations

import pytest

from iochan.authz.simple import SimpleAuthz
from iochan.core.errors import AddressError
from iochan.objects import ObjectStore


@pytest.mark.parametrize("identity", ["", "CN=fre", "CN=fredd", "cn=fred", "CN=fred ", "CN=*"])
def test_only_the_exact_name_comes_in(identity: str) -> None:
    authz = SimpleAuthz("CN=fred")
    assert authz.is_allowed("CN=fred")
    assert not authz.is_allowed(identity)


def test_the_object_needs_a_name() -> None:
    objects = ObjectStore()
    assert isinstance(objects.add("authz-simple,id=a,identity=CN=fred,,O=Acme"), SimpleAuthz)
    assert objects.get("a", SimpleAuthz).is_allowed("CN=fred,O=Acme")
    with pytest.raises(AddressError, match="no identity"):
        objects.add("authz-simple,id=b")
