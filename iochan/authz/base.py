"""The question that every kind of authorisation answers: may the peer of this name come in?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from typing_extensions import override

from iochan.core.errors import AddressError, PeerRejected, show_text
from iochan.core.opening import ObjectSource

__all__ = ["Authz", "AuthzById"]


class Authz(ABC):
    """Says who may come in, by a name that is proved: a certificate's subject, a PSK identity, a user."""

    @abstractmethod
    def refusal(self, identity: str) -> str | None:
        """Return why *identity* may not come in, fact and cure; None when it may.

        What it cannot decide it refuses.
        """

    def is_allowed(self, identity: str) -> bool:
        """Tell whether *identity* may come in."""
        return self.refusal(identity) is None

    def require(self, identity: str) -> None:
        """Do nothing if *identity* may come in.

        Raises:
            PeerRejected: It may not; the message says why, and is for our side only.
        """
        reason = self.refusal(identity)
        if reason is not None:
            raise PeerRejected(f"the peer {show_text(identity)} may not come in: {reason}")

    def require_any(self, identities: Sequence[str]) -> None:
        """Do nothing if the owner of all *identities* may come in by one of them.

        Raises:
            PeerRejected: It may not, or it has none; the message says why the first may not.
        """
        if not identities:
            message = "the peer has none of the names that are asked for: reissue its certificate with one"
            raise PeerRejected(message)
        if not any(map(self.is_allowed, identities)):
            self.require(identities[0])


class AuthzById(Authz):
    """Whatever object has the id at the moment of the question; without one nobody comes in (QEMU's rule).

    So an object can be added after the server that names it.

    Args:
        objects: Where to look.
        identity: The object's id.
    """

    def __init__(self, objects: ObjectSource, identity: str) -> None:
        self._objects = objects
        self._id = identity

    @override
    def refusal(self, identity: str) -> str | None:
        try:
            found = self._objects.get(self._id, object)
        except AddressError as error:
            return f"{error}: add --object authz-…,id={self._id}"
        if not isinstance(found, Authz):
            return f"object {show_text(self._id)} is of type {type(found).__name__}: name one of type authz-…"
        return found.refusal(identity)
