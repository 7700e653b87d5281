"""The facts that channels of every kind may know; ask with ``channel.extra(PEER_ADDRESS)``."""

from __future__ import annotations

from typing import Final

from iochan.core.attribute import Attribute

__all__ = ["EXIT_STATUS", "LOCAL_ADDRESS", "PEER_ADDRESS", "PEER_GID", "PEER_NAME", "PEER_PID", "PEER_UID"]

PEER_ADDRESS: Final = Attribute[str]("peer's address")
"""Where the peer is, as address text: ``tcp://127.0.0.1:5900``, ``unix:///run/x``."""

PEER_NAME: Final = Attribute[str | None]("peer's name")
"""Who the peer has proved to be to the nearest layer that asks for a proof: the distinguished name of its
certificate, the user of its pre-shared key; None if it proved nothing."""

LOCAL_ADDRESS: Final = Attribute[str]("local address")
"""Where this end is, as address text."""

PEER_PID: Final = Attribute[int]("peer's process id")
"""The process that connected or listened; it may have ended, or handed its end to another."""

PEER_UID: Final = Attribute[int]("peer's user id")
"""The effective user of the peer when it connected or listened: the kernel vouches for it."""

PEER_GID: Final = Attribute[int]("peer's group id")
"""The effective group of the peer when it connected or listened: the kernel vouches for it."""

EXIT_STATUS: Final = Attribute[int]("exit status")
"""How the child process ended: its exit code, or minus the number of the signal that killed it."""
