"""What a client may do on a console, by the name that it has proved."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from iochan.authz.base import Authz
from iochan.core.channel import Channel
from iochan.core.errors import PeerRejected, show_text
from iochan.core.facts import PEER_NAME, PEER_UID

__all__ = ["Access", "Role", "peer_names"]


class Role(enum.IntEnum):
    """How much a client may do; each role may do what those below it may."""

    OBSERVER = 0
    """Sees what the device sends."""
    WRITER = 1
    """May also write, when it is its turn."""
    ADMIN = 2
    """May also take the turn from others, send a break, and disconnect others."""


def peer_names(channel: Channel) -> tuple[str, ...]:
    """Return the names that the peer of *channel* has proved: its certificate's or key's, ``uid=NUMBER``."""
    name = channel.extra(PEER_NAME, None)
    uid = channel.extra(PEER_UID, None)
    return (*(() if name is None else (name,)), *(() if uid is None else (f"uid={uid}",)))


class Access:
    """Gives each client its role: the highest whose list lets one of its names in.

    Args:
        rules: The lists, by role; a role without one is given to nobody by name.
        default: The role of who is on no list; None refuses them.
    """

    def __init__(self, rules: Mapping[Role, Authz] | None = None, default: Role | None = None) -> None:
        self._rules = sorted((rules or {}).items(), reverse=True)
        self._default = default

    def role_of(self, channel: Channel) -> Role:
        """Return the role of the peer of *channel*, whose handshakes are done.

        Raises:
            PeerRejected: It has none.
        """
        names = peer_names(channel)
        for role, authz in self._rules:
            if any(map(authz.is_allowed, names)):
                return role
        if self._default is None:
            shown = " and ".join(map(show_text, names)) or "who proved no name"
            message = f"the peer {shown} has no role here: add a rule for it, or a default role"
            raise PeerRejected(message)
        return self._default
