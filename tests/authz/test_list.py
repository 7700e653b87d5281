from __future__ import annotations

import json

import pytest

from iochan.authz.list import ListAuthz
from iochan.authz.rule import Format, Policy, Rule
from iochan.core.errors import AddressError
from iochan.objects import ObjectStore

DENY_FRED = Rule("fred", Policy.DENY)
ALLOW_FRED = Rule("fred", Policy.ALLOW)


@pytest.mark.parametrize(
    ("policy", "rules", "allowed"),
    [
        (Policy.DENY, [], set()),
        (Policy.ALLOW, [], {"fred", "bob", "dan"}),
        (Policy.ALLOW, [DENY_FRED], {"bob", "dan"}),
        (Policy.DENY, [ALLOW_FRED], {"fred"}),
        (
            Policy.DENY,
            [ALLOW_FRED, Rule("bob"), Rule("dan", Policy.DENY), Rule("da*", Policy.ALLOW, Format.GLOB)],
            {"fred", "bob", "dave"},
        ),
    ],
    ids=["default-deny", "default-allow", "explicit-deny", "explicit-allow", "deny-before-glob"],
)
def test_the_first_rule_or_the_policy_decides(policy: Policy, rules: list[Rule], allowed: set[str]) -> None:
    authz = ListAuthz(rules, policy)
    names = {"fred", "bob", "dan"} | allowed
    assert {name for name in names if authz.is_allowed(name)} == allowed


def test_rules_come_and_go_by_index_and_text() -> None:
    authz = ListAuthz()
    assert authz.append(ALLOW_FRED) == 0
    assert authz.append(Rule("bob")) == 1
    assert authz.append(Rule("dan")) == 2
    assert authz.insert(0, Rule("frank")) == 0
    assert authz.insert(99, Rule("rob")) == 4
    assert [rule.match for rule in authz.rules] == ["frank", "fred", "bob", "dan", "rob"]
    assert authz.delete("bob") == 2
    assert authz.delete("bob") is None
    assert [rule.match for rule in authz.rules] == ["frank", "fred", "dan", "rob"]


def test_a_refusal_tells_which_rule_it_was() -> None:
    assert "rule 0 of the list denies it" in str(ListAuthz([DENY_FRED]).refusal("fred"))
    assert "no rule of the list is about it" in str(ListAuthz([DENY_FRED]).refusal("bob"))


def test_the_object_has_its_rules_as_json() -> None:
    objects = ObjectStore()
    rules = [{"match": "CN=*", "policy": "allow", "format": "glob"}]
    objects.add(json.dumps({"qom-type": "authz-list", "id": "a", "policy": "deny", "rules": rules}))
    assert objects.get("a", ListAuthz).is_allowed("CN=fred")
    with pytest.raises(AddressError, match="policy 'perhaps' is none"):
        objects.add("authz-list,id=b,policy=perhaps")
