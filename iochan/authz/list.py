"""A list of rules, of which the first that is about a name decides."""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import override

from iochan.authz.base import Authz
from iochan.authz.rule import Policy, Rule, first_policy, read_policy, read_rules
from iochan.objects import ObjectType, Property

__all__ = ["AUTHZ_LIST", "ListAuthz", "decide"]


class ListAuthz(Authz):
    """Asks its rules in their order; *policy* is for names that no rule is about.

    Rules may change while servers run; a question sees the rules before or after a change.
    """

    def __init__(self, rules: Iterable[Rule] = (), policy: Policy = Policy.DENY) -> None:
        self._rules = tuple(rules)
        self.policy = policy

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in their order."""
        return self._rules

    def append(self, rule: Rule) -> int:
        """Put *rule* behind the others, and return its index."""
        self._rules = (*self._rules, rule)
        return len(self._rules) - 1

    def insert(self, index: int, rule: Rule) -> int:
        """Put *rule* before the one at *index*, or behind all, and return its index."""
        index = min(max(index, 0), len(self._rules))
        self._rules = (*self._rules[:index], rule, *self._rules[index:])
        return index

    def delete(self, match: str) -> int | None:
        """Drop the first rule whose text is *match*; return the index that it had, None if there is none."""
        for index, rule in enumerate(self._rules):
            if rule.match == match:
                self._rules = self._rules[:index] + self._rules[index + 1 :]
                return index
        return None

    @override
    def refusal(self, identity: str) -> str | None:
        return decide(self._rules, self.policy, identity)


def decide(rules: tuple[Rule, ...], default: Policy, identity: str) -> str | None:
    """Return why *rules* refuse *identity*; None when they let it in."""
    policy, index = first_policy(rules, identity, default)
    if policy is Policy.ALLOW:
        return None
    if index is None:
        return "no rule of the list is about it: add one that allows it"
    return f"rule {index} of the list denies it: put one that allows it before that"


def _build(policy: str, rules: object) -> ListAuthz:
    return ListAuthz(read_rules("authz-list", rules), read_policy("authz-list", policy))


AUTHZ_LIST = ObjectType(
    "authz-list",
    {
        "policy": Property(
            "text", default="deny", doc="what holds when no rule is about a name: allow or deny"
        ),
        "rules": Property(
            "json", default=[], doc="a list of objects with match, policy, and format exact or glob"
        ),
    },
    _build,
)
"""``--object '{"qom-type": "authz-list", "id": …, "rules": […]}'``."""
