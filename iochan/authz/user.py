"""Authorisation by the user at the other end of a Unix socket: the kernel vouches for who it is."""

from __future__ import annotations

from iochan.authz.base import Authz
from iochan.core.channel import Channel
from iochan.core.errors import PeerRejected
from iochan.core.facts import PEER_UID
from iochan.core.op import Op
from iochan.core.upgrade import Upgrade

__all__ = ["require_user", "users_only"]


def require_user(channel: Channel, authz: Authz) -> None:
    """Do nothing if *authz* lets in the name ``uid=NUMBER`` of the user who connected *channel*.

    Raises:
        PeerRejected: It does not, or *channel* does not know its peer's user.
    """
    uid = channel.extra(PEER_UID, None)
    if uid is None:
        message = f"{channel.name}: the peer's user is not known: serve on a Unix socket"
        raise PeerRejected(message)
    authz.require(f"uid={uid}")


def users_only(authz: Authz) -> Upgrade:
    """Return what checks each connection of a server, as `require_user` does, before it is served."""

    def check(channel: Channel) -> Op[Channel]:
        yield from ()  # nothing has to be waited for
        require_user(channel, authz)
        return channel

    return check
