"""Access lists: any bytes are a list or refused, and a question to a list has an answer.

Up to the first NUL stands the name that is asked for.
"""

from __future__ import annotations

from iochan.authz.list import ListAuthz
from iochan.authz.listfile import parse_list
from iochan.authz.rule import Policy
from iochan.core.errors import AddressError


def one_input(data: bytes) -> None:
    """Check one input; any exception but `AddressError` is a finding."""
    name, _, text = data.partition(b"\0")
    try:
        rules, policy = parse_list("list", text)
    except AddressError:
        return
    identity = name.decode("latin-1")
    allowed = ListAuthz(rules, policy).is_allowed(identity)
    deciding = next((rule.policy for rule in rules if rule.applies(identity)), policy)
    assert allowed is (deciding is Policy.ALLOW)
