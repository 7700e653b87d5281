from __future__ import annotations

import pytest

from iochan.authz.base import AuthzById
from iochan.authz.simple import SimpleAuthz
from iochan.core.errors import PeerRejected
from iochan.objects import ObjectStore, ObjectType


def test_an_id_is_looked_up_at_each_question_and_a_missing_object_refuses() -> None:
    objects = ObjectStore()
    authz = AuthzById(objects, "acl0")
    assert not authz.is_allowed("fred")
    assert "no object 'acl0'" in str(authz.refusal("fred"))
    assert "id=acl0" in str(authz.refusal("fred"))
    objects.add("authz-simple,id=acl0,identity=fred")
    assert authz.is_allowed("fred")
    assert not authz.is_allowed("bob")


def test_an_object_that_is_no_authorisation_refuses() -> None:
    objects = ObjectStore()
    objects.register_type(ObjectType("thing", {}, object))
    objects.add("thing,id=acl0")
    assert "is of type object" in str(AuthzById(objects, "acl0").refusal("fred"))


def test_requiring_says_who_and_why() -> None:
    SimpleAuthz("fred").require("fred")
    with pytest.raises(PeerRejected, match="the peer 'bob' may not come in: it is not the one name"):
        SimpleAuthz("fred").require("bob")
