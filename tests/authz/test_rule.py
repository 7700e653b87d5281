from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iochan.authz.rule import MAX_RULES, Format, Policy, Rule, first_policy, read_policy, read_rules
from iochan.core.errors import AddressError


@pytest.mark.parametrize(
    ("pattern", "identity", "applies"),
    [
        ("CN=*,O=Acme", "CN=fred,O=Acme", True),
        ("CN=*,O=Acme", "CN=fred,O=Acme,C=UK", False),
        ("CN=fre?", "CN=fred", True),
        ("CN=fre?", "CN=fre", False),
        ("*", "", True),
        ("", "", True),
        ("", "x", False),
        ("CN=[a-z]", "CN=q", False),
        ("CN=[a-z]", "CN=[a-z]", True),
    ],
)
def test_a_glob_has_stars_and_question_marks_only(pattern: str, identity: str, applies: bool) -> None:
    assert Rule(pattern, format=Format.GLOB).applies(identity) is applies


@example(pattern="*a*b", text="aab")
@given(pattern=st.text("ab*?", max_size=8), text=st.text("ab", max_size=10))
def test_a_glob_means_what_the_regular_expression_means(pattern: str, text: str) -> None:
    meaning = "".join({"*": ".*", "?": "."}.get(one, one) for one in pattern)
    assert Rule(pattern, format=Format.GLOB).applies(text) is bool(re.fullmatch(meaning, text))


def test_an_exact_rule_takes_stars_as_they_stand() -> None:
    assert not Rule("CN=*").applies("CN=fred")
    assert Rule("CN=*").applies("CN=*")


def test_the_first_rule_about_a_name_decides_and_the_policy_does_without_one() -> None:
    rules = [Rule("bob", Policy.DENY), Rule("b*", Policy.ALLOW, Format.GLOB)]
    assert first_policy(rules, "bob", Policy.ALLOW) == (Policy.DENY, 0)
    assert first_policy(rules, "bill", Policy.DENY) == (Policy.ALLOW, 1)
    assert first_policy(rules, "fred", Policy.ALLOW) == (Policy.ALLOW, None)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "rules are no list"),
        (["fred"], "rule 0: has no match"),
        ([{"match": 3, "policy": "allow"}], "rule 0: has no match"),
        ([{"match": "a"}], "rule 0: policy 'None' is none: write allow or deny"),
        ([{"match": "a", "policy": "maybe"}], "policy 'maybe' is none"),
        ([{"match": "a", "policy": []}], "policy '.*' is none"),
        (
            [{"match": "a", "policy": "deny", "format": "regex"}],
            "format 'regex' is none: write exact or glob",
        ),
        (
            [{"match": "a", "policy": "deny", "policies": "allow"}],
            "unknown key 'policies'.*known: format, match, policy",
        ),
        ([None] * (MAX_RULES + 1), f"and {MAX_RULES} are the most"),
    ],
)
def test_what_is_no_rule_is_told(value: object, message: str) -> None:
    with pytest.raises(AddressError, match=f"^here: .*{message}"):
        read_rules("here", value)


def test_rules_are_read_as_they_are_written() -> None:
    value = [{"match": "a", "policy": "deny"}, {"match": "b*", "policy": "allow", "format": "glob"}]
    assert read_rules("here", value) == [Rule("a", Policy.DENY), Rule("b*", Policy.ALLOW, Format.GLOB)]
    assert read_policy("here", "allow") is Policy.ALLOW
