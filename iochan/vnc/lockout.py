"""Making guesses expensive: who was wrong too often waits, twice as long each time."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from iochan.core import clock
from iochan.core.channel import Channel
from iochan.core.facts import PEER_ADDRESS

__all__ = ["Lockout", "host_of"]

MAX_PEERS: Final = 4096
"""So many are remembered; beyond them those who are locked for the least time are forgotten."""


@dataclass(slots=True)
class _Peer:
    failures: int = 0
    until: float = 0.0


class Lockout:
    """Counts failures by peer; a success forgets them.

    Args:
        attempts: So many failures are free.
        seconds: How long the next one locks out; each further one doubles it.
        most: No lock-out is longer.
    """

    def __init__(self, attempts: int = 5, seconds: float = 10.0, most: float = 3600.0) -> None:
        self._attempts = attempts
        self._seconds = seconds
        self._most = most
        self._peers: dict[Hashable, _Peer] = {}

    def wait(self, peer: Hashable) -> float:
        """Return for how many seconds *peer* has to stay away; 0 if it may try."""
        known = self._peers.get(peer)
        return 0.0 if known is None else max(0.0, known.until - clock.now())

    def failed(self, peer: Hashable) -> None:
        """Note that *peer* was wrong."""
        known = self._peers.setdefault(peer, _Peer())
        known.failures += 1
        over = known.failures - self._attempts
        if over >= 0:
            # 2**64 seconds are longer than any limit, and a larger power need not be computed.
            known.until = clock.now() + min(self._most, self._seconds * 2 ** min(over, 64))
        if len(self._peers) > MAX_PEERS:
            del self._peers[min(self._peers, key=lambda name: self._peers[name].until)]

    def succeeded(self, peer: Hashable) -> None:
        """Forget the failures of *peer*."""
        self._peers.pop(peer, None)


def host_of(channel: Channel) -> Hashable:
    """Return whom a channel counts for: its peer's address without the port, or itself."""
    address = channel.extra(PEER_ADDRESS, None)
    return channel.name if address is None else address.rpartition(":")[0]
