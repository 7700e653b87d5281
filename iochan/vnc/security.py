"""Who may come in, how that is proved, and what is offered for it."""

from __future__ import annotations

import enum
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from iochan.authz.base import Authz
from iochan.core import clock
from iochan.core.upgrade import Upgrade
from iochan.crypto import hash_bytes, random_bytes
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.ra2 import Ra2
from iochan.vnc.scram import MIN_ITERATIONS, Verifier, make_verifier, prepared
from iochan.vnc.vncauth import is_answer

__all__ = ["Access", "Logins", "Passwords", "ScramLogins", "Security", "Users", "inner_type"]

_PROTECTED: Final = {
    # What there is: proof by nothing, by a password, by a user's name and password, by SASL with these two.
    "clear": (codes.SECURITY_NONE, codes.SECURITY_VNC, codes.VENCRYPT_PLAIN, codes.SECURITY_SASL),
    "anon": (codes.TLS_NONE, codes.TLS_VNC, codes.TLS_PLAIN, codes.TLS_SASL),
    "x509": (codes.X509_NONE, codes.X509_VNC, codes.X509_PLAIN, codes.X509_SASL),
}


class Access(enum.Enum):
    """What a client may do."""

    FULL = "full"
    VIEW = "view"
    """Look, and neither type nor point nor paste nor resize."""


class Passwords:
    """The password of VncAuth, and one that only lets look; each may be changed at any time.

    While there is neither of them nobody comes in. Only eight bytes of each count.

    Args:
        full: Lets do everything.
        view: Lets look.
        expires: A time of `iochan.core.clock.now` from which on both are refused; None for never.
    """

    __slots__ = ("expires", "full", "view")

    def __init__(
        self, full: Secret | None = None, view: Secret | None = None, expires: float | None = None
    ) -> None:
        self.full = full
        self.view = view
        self.expires = expires

    def access(self, challenge: bytes, response: bytes) -> Access | None:
        """Return what who answered *challenge* with *response* may do; None for nothing."""
        # Both are always compared, so that the time does not tell which one was nearly right.
        full = self.full is not None and is_answer(self.full, challenge, response)
        view = self.view is not None and is_answer(self.view, challenge, response)
        if self.expires is not None and clock.now() >= self.expires:
            return None
        return Access.FULL if full else Access.VIEW if view else None

    def granted(self, password: Secret) -> Access | None:
        """Return what who said *password* may do, where one is said: all of its bytes count."""
        full, view = (
            one is not None and hmac.compare_digest(one.view(), password.view())
            for one in (self.full, self.view)
        )
        if self.expires is not None and clock.now() >= self.expires:
            return None
        return Access.FULL if full else Access.VIEW if view else None


class Logins(Protocol):
    """What knows users by name and password."""

    def access(self, user: str, password: Secret) -> Access | None:
        """Return what *user* may do; None if the password is wrong or nobody is called so."""


@runtime_checkable
class ScramLogins(Logins, Protocol):
    """What can do it by SCRAM, too, where no password crosses the network."""

    def verifier(self, user: str) -> Verifier:
        """Return the verifier of *user*, a name as `iochan.vnc.scram.prepared` makes it.

        For one that is unknown it is always the same one, which nobody fits.
        """

    def granted(self, user: str) -> Access | None:
        """Return what *user*, who has proved to be that, may do; None for nothing."""


class Users:
    """A few users with their passwords and what they may do.

    Args:
        users: By name.
    """

    __slots__ = ("_scram", "_unknown", "_users")

    def __init__(self, users: Mapping[str, tuple[Secret, Access]]) -> None:
        self._users = dict(users)
        self._unknown = random_bytes(16)
        self._scram: dict[str, tuple[Verifier, Access]] = {}

    def verifier(self, user: str) -> Verifier:
        """See `ScramLogins`."""
        if not self._scram:  # all at once, so that the time does not tell who is known
            self._scram = {
                prepared(name): (make_verifier(secret), access)
                for name, (secret, access) in self._users.items()
            }
        made = hash_bytes("sha256", self._unknown + user.encode())
        known = self._scram.get(user)
        return known[0] if known else Verifier(made[:16], MIN_ITERATIONS, made, made)

    def granted(self, user: str) -> Access | None:
        """See `ScramLogins`."""
        known = self._scram.get(user)
        return known and known[1]

    def access(self, user: str, password: Secret) -> Access | None:
        """See `Logins`."""
        known = self._users.get(user)
        # Who is unknown is compared too, with what no password is.
        right = hmac.compare_digest((known[0] if known else password).view(), password.view())
        return known[1] if known and right else None


@dataclass(frozen=True, slots=True)
class Security:
    """What a server asks of a client. One type is offered, the strongest that these make possible.

    A weaker one beside it would be what an attacker in between chooses, and what some viewers choose on
    their own.

    Attributes:
        passwords: For VncAuth, if there are no *logins*.
        logins: For user names with passwords.
        x509: Starts TLS with certificates, such as ``iochan.tls.layer.upgrade(creds)``.
        anon: Starts anonymous TLS, if there is no *x509*.
        protected: The channels that are served have TLS below them already, as with ``wss``.
        authz: Which users of *logins* may come in; None for all.
        sasl: Whether *logins* are asked for by SASL, which fewer viewers know, and not by VeNCrypt's Plain.
        ra2: Asks for *logins* or *passwords* by RSA keys and AES, in the place of TLS.

    Raises:
        ValueError: Names and passwords would cross the network in the clear, or *ra2* has nothing to ask for,
            or has TLS beside it.
    """

    passwords: Passwords | None = None
    logins: Logins | None = None
    x509: Upgrade | None = None
    anon: Upgrade | None = None
    protected: bool = False
    authz: Authz | None = None
    sasl: bool = False
    ra2: Ra2 | None = None

    def __post_init__(self) -> None:
        if self.ra2 is not None:
            if self.kind != "clear" or self.sasl:
                message = "RA2 beside TLS or SASL: give one of them"
                raise ValueError(message)
            if self.passwords is None and self.logins is None:
                message = "RA2 asks for a password, and there is none: give passwords, or logins"
                raise ValueError(message)
            return
        if self.logins is not None and self.kind == "clear" and not self.protected:
            message = "users with passwords over a channel without TLS: give x509, or protected if it has TLS"
            raise ValueError(message)

    @property
    def kind(self) -> str:
        """How the channel is protected by VeNCrypt."""
        return "x509" if self.x509 is not None else "anon" if self.anon is not None else "clear"

    @property
    def type(self) -> int:
        """The security type that is offered: an ordinary one, or a VeNCrypt subtype."""
        if self.ra2 is not None:
            return self.ra2.type
        types = _PROTECTED[self.kind]
        if self.logins is not None:
            return types[3 if self.sasl else 2]
        return types[0 if self.passwords is None else 1]

    @property
    def upgrade(self) -> Upgrade | None:
        """What starts TLS for the `type`; None where it has none."""
        return self.x509 if self.x509 is not None else self.anon


def inner_type(subtype: int) -> int:
    """Return how a VeNCrypt *subtype* proves who the client is: none, VncAuth, VeNCrypt's Plain, or SASL."""
    for types in _PROTECTED.values():
        if subtype in types:
            return _PROTECTED["clear"][types.index(subtype)]
    return subtype
