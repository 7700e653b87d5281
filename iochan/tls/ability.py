"""What each engine can do beyond what all of them can: the one table that errors and the manual come from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import Enum
from typing import Final

__all__ = ["SINCE", "TABLE", "Ability", "engines_with"]


class Ability(Enum):
    """Something that not every engine can do; the value is its name in messages and in the manual."""

    PSK = "pre-shared keys"
    GROUPS = "choice of groups"
    SUITES = "choice of TLS 1.3 suites"
    SOME_LISTS = "revocation lists of some of the CAs only"
    GROUP_NAME = "name of the key exchange group"
    EXPORTER = "exported keys and channel binding"
    PEER_CHAIN = "certificates of the peer above its own"
    RESUMED = "word whether a session was resumed"
    STAPLES = "answers of a CA's responder (OCSP) with a server's certificate"
    OCSP = "check of such an answer by a client"
    CA_NAMES = "names of the CAs for clients that have several certificates"
    REFUSAL_ALERT = "alert to a peer that is refused for its name"
    ALPN_REFUSED = "refusal of clients that offer other application protocols"
    ALPN_ALERT = "alert to those clients"


SINCE: Final[Mapping[str, Mapping[Ability, tuple[int, int]]]] = {
    "ssl": {Ability.PEER_CHAIN: (3, 13)},
}
"""What an engine can do from a version of Python on."""

TABLE: Final[Mapping[str, frozenset[Ability]]] = {
    "bindings": frozenset(Ability),
    "pyopenssl": frozenset(Ability)
    - {Ability.PSK, Ability.GROUPS, Ability.RESUMED, Ability.REFUSAL_ALERT, Ability.ALPN_ALERT},
    "ssl": frozenset({Ability.RESUMED})
    | {ability for ability, version in SINCE["ssl"].items() if sys.version_info >= version},
}
"""The engines, the best first, and what each can do with this Python."""


def engines_with(ability: Ability) -> list[str]:
    """Return the names of the engines that can do *ability*."""
    return [name for name, has in TABLE.items() if ability in has]
