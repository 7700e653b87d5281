"""The facts that channels of several kinds know, to ask for with ``channel.extra(...)``."""

from __future__ import annotations

from typing import Any

from iochan.core.attribute import Attribute

__all__ = ["EXIT_STATUS", "LOCAL_ADDRESS", "PEER_ADDRESS", "PEER_GID", "PEER_PID", "PEER_UID"]

PEER_ADDRESS = Attribute[Any]("peer address")
"""Where the other end is."""

LOCAL_ADDRESS = Attribute[Any]("local address")
"""Where this end is."""

PEER_PID = Attribute[int]("peer pid")
"""The process at the other end."""

PEER_UID = Attribute[int]("peer uid")
"""The user at the other end."""

PEER_GID = Attribute[int]("peer gid")
"""The group of the process at the other end."""

EXIT_STATUS = Attribute[int | None]("exit status")
"""How the process at the other end has ended: None while it runs, ``-signal`` when one killed it."""
