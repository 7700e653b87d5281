"""Rules of access lists, and the JSON that they stand in.

::

    {
        "policy": "deny",
        "rules": [
            {"match": "CN=fred", "policy": "deny"},
            {"match": "CN=*", "policy": "allow", "format": "glob"},
        ],
    }
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from iochan.core.errors import AddressError, show_known, show_text

__all__ = ["MAX_RULES", "Format", "Policy", "Rule", "first_policy", "read_policy", "read_rules"]

MAX_RULES = 65536
"""The most rules of one list."""

_KEYS = ("match", "policy", "format")


class Policy(Enum):
    """What a rule says; the values are QEMU's."""

    ALLOW = "allow"
    DENY = "deny"


class Format(Enum):
    """How a rule's text is meant: as it stands, or with ``*`` for anything and ``?`` for one character."""

    EXACT = "exact"
    GLOB = "glob"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an access list."""

    match: str
    policy: Policy = Policy.ALLOW
    format: Format = Format.EXACT

    def applies(self, identity: str) -> bool:
        """Tell whether this rule is about *identity*."""
        if self.format is Format.EXACT:
            return identity == self.match
        return _matches_glob(self.match, identity)


def first_policy(rules: Sequence[Rule], identity: str, default: Policy) -> tuple[Policy, int | None]:
    """Return what the first rule about *identity* says, and its index; *default* and None without one."""
    for index, rule in enumerate(rules):
        if rule.applies(identity):
            return rule.policy, index
    return default, None


def read_policy(owner: str, value: object) -> Policy:
    """Return the policy of *value*.

    Raises:
        AddressError: It is none; *owner* begins the message.
    """
    try:
        return Policy(value)
    except ValueError:
        message = f"{owner}: policy {show_text(str(value))} is none: write allow or deny"
        raise AddressError(message) from None


def read_rules(owner: str, value: object) -> list[Rule]:
    """Return the rules of *value*, a list of JSON objects.

    Raises:
        AddressError: It is something else; *owner* begins the message.
    """
    if not isinstance(value, list):
        message = f'{owner}: rules are no list: write [{{"match": "CN=…", "policy": "allow"}}]'
        raise AddressError(message)
    if len(value) > MAX_RULES:
        message = f"{owner}: {len(value)} rules, and {MAX_RULES} are the most: join some by format glob"
        raise AddressError(message)
    return [_read_rule(f"{owner}: rule {index}", one) for index, one in enumerate(value)]


def _read_rule(owner: str, value: object) -> Rule:
    if not isinstance(value, dict) or not isinstance(value.get("match"), str):
        message = f'{owner}: has no match: write {{"match": "CN=…", "policy": "allow"}}'
        raise AddressError(message)
    for key in value:
        if key not in _KEYS:
            message = f"{owner}: unknown key {show_text(str(key))} {show_known(str(key), _KEYS)}"
            raise AddressError(message)
    try:
        form = Format(value.get("format", Format.EXACT.value))
    except ValueError:
        message = f"{owner}: format {show_text(str(value['format']))} is none: write exact or glob"
        raise AddressError(message) from None
    # A rule that does not say what it does would be read one way by one and another way by the next.
    return Rule(value["match"], read_policy(owner, value.get("policy")), form)


def _matches_glob(pattern: str, text: str) -> bool:
    """Match in steps bounded by the product of the lengths: the text is a peer's."""
    at = place = 0
    star = resume = -1
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[place]):
            at += 1
            place += 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return pattern[at:].strip("*") == ""
