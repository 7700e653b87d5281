"""Which of several identities a server shows.

A client that names a server (SNI, RFC 6066, 3) is shown the identity for that name: the first that has it
word for word, else the first whose wildcard stands for it. One that names none, or nobody here, is shown
the first. Identities for the same names stand together, one for each kind of key: the client's signature
algorithms choose among them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from iochan.core.errors import CredsError, PeerRejected
from iochan.tls.endpoint import Endpoint
from iochan.tls.identity import dns_names, is_match
from iochan.tls.material import KeyPair

__all__ = ["IdentitySets"]


class IdentitySets:
    """*identities*, sorted into sets of which a session has one.

    Attributes:
        sets: The sets; the first is for clients that name nobody known, and for clients' own sessions.

    Raises:
        CredsError: Two identities cannot be told apart.
    """

    __slots__ = ("_by_name", "sets")

    def __init__(self, identities: Sequence[KeyPair], endpoint: Endpoint) -> None:
        named: dict[tuple[str, ...], list[KeyPair]] = {}
        for pair in identities:
            names = () if endpoint is Endpoint.CLIENT else tuple(sorted(_names(pair)))
            group = named.setdefault(names, [])
            if any(type(other.key) is type(pair.key) for other in group):
                raise _ambiguous(pair, endpoint)
            group.append(pair)
        first: dict[type, KeyPair] = {}
        for pair in identities:
            first.setdefault(type(pair.key), pair)
        self.sets: list[tuple[KeyPair, ...]] = [tuple(first.values())]
        self._by_name: list[tuple[tuple[str, ...], int]] = []
        if len(named) > 1:
            for names, group in named.items():
                self._by_name.append((names, len(self.sets)))
                self.sets.append(tuple(group))

    def find(self, name: str) -> int:
        """Return the index of the set for a client that asks for *name* (ASCII)."""
        wanted = name.lower().removesuffix(".")
        for names, index in self._by_name:
            if wanted in names:
                return index
        for names, index in self._by_name:
            if any(is_match(one, wanted) for one in names):
                return index
        return 0


def _names(pair: KeyPair) -> list[str]:
    # What cannot be read is the business of the checks, which may be off.
    with contextlib.suppress(PeerRejected):
        return [name.lower().removesuffix(".") for name in dns_names(pair.chain[0])]
    return []


def _ambiguous(pair: KeyPair, endpoint: Endpoint) -> CredsError:
    if endpoint is Endpoint.CLIENT:
        cure = "give each identity of a client a key of another kind, such as EC, RSA and Ed25519"
    else:
        cure = "give each identity for the same names a key of another kind, such as EC, RSA and Ed25519"
    return CredsError(f"{pair.key_file}: a key of this kind stands in another identity already: {cure}")
