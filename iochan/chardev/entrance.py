"""Where the clients of a console come in, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast

from iochan.authz.base import AuthzById
from iochan.chardev.escape import DEFAULT_ESCAPE
from iochan.chardev.outlet import DEFAULT_QUEUE
from iochan.chardev.password import Passwords
from iochan.chardev.role import Access, Role
from iochan.chardev.session import Front
from iochan.core.errors import AddressError, show_known, show_text
from iochan.core.opening import ObjectSource
from iochan.secret.lookup import SecretSource, find_secret

__all__ = ["Entrance", "read_role"]


@dataclass(frozen=True, slots=True)
class Entrance:
    """An address for clients, and how those who come there are served; `Front` says more.

    Raises:
        AddressError: The default is no role.

    Attributes:
        address: Any stack that can be listened at.
        admin: The id of the list of those who are admins.
        writer: The id of the list of those who are writers.
        observer: The id of the list of those who are observers.
        default: The role of who is on no list: ``observer``, ``writer``, ``admin`` or ``none``; empty for
            ``writer`` where there is no list, and for ``none`` where there is one.
        escape: The escape key.
        notices: Whether clients are told what goes on.
        queue: Bytes that a client may be behind.
        disconnect_slow: Whether one that is further behind is disconnected.
        admin_password: The id of the secret that makes an admin of who is on no list; with a password
            there is no default role.
        writer_password: The same for writers.
        observer_password: The same for observers.
    """

    address: str
    admin: str = ""
    writer: str = ""
    observer: str = ""
    default: str = ""
    escape: int | None = DEFAULT_ESCAPE
    notices: bool = True
    queue: int = DEFAULT_QUEUE
    disconnect_slow: bool = False
    admin_password: str = ""
    writer_password: str = ""
    observer_password: str = ""

    def __post_init__(self) -> None:
        read_role(self.default or "none")

    def front(self, objects: ObjectSource | None) -> Front:
        """Return how clients are served, the lists being those of *objects* at the time of each question.

        Raises:
            AddressError: There is a list, and there are no objects.
            SecretError: There is no such password.
        """
        lists = {Role.ADMIN: self.admin, Role.WRITER: self.writer, Role.OBSERVER: self.observer}
        named = {role: name for role, name in lists.items() if name}
        if named and objects is None:
            message = f"{self.address}: a list of {min(named).name.lower()}s, and no objects: give --object …"
            raise AddressError(message)
        rules = {role: AuthzById(objects, name) for role, name in named.items() if objects is not None}
        passwords = self._passwords(objects)
        default = read_role(self.default or ("none" if rules or passwords else "writer"))
        access = Access(dict(rules), default)
        return Front(access, self.escape, self.notices, self.queue, self.disconnect_slow, passwords)

    def _passwords(self, objects: ObjectSource | None) -> Passwords:
        ids = {
            Role.ADMIN: self.admin_password,
            Role.WRITER: self.writer_password,
            Role.OBSERVER: self.observer_password,
        }
        named = {role: name for role, name in ids.items() if name}
        if named and objects is None:
            message = f"{self.address}: a password, and no objects: give --object secret,…"
            raise AddressError(message)
        if named and self.default not in {"", "none"}:
            message = f"{self.address}: a password, and a role for who has none: leave one of them out"
            raise AddressError(message)
        found = {
            role: partial(find_secret, cast("SecretSource", objects), name) for role, name in named.items()
        }
        for look in found.values():
            look()  # what is missing is told now
        return found


def read_role(text: str) -> Role | None:
    """Return the role of *text*; None for ``none``.

    Raises:
        AddressError: It is no role.
    """
    names = {**{role.name.lower(): role for role in Role}, "none": None}
    if text not in names:
        message = f"role {show_text(text)} is none {show_known(text, names)}"
        raise AddressError(message)
    return names[text]
