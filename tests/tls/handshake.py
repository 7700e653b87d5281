"""Two sessions that meet over memory."""

from __future__ import annotations

from iochan.tls import Session

__all__ = ["pass_on", "shake"]


def pass_on(source: Session, target: Session, piece: int = 1 << 16) -> None:
    """Carry what *source* has to send to *target*, in pieces of *piece* bytes."""
    wire = source.outgoing()
    for start in range(0, len(wire), piece):
        target.receive(wire[start : start + piece])
        if target.established:
            assert target.read() is None
        else:
            target.handshake()


def shake(client: Session, server: Session, piece: int = 1 << 16) -> None:
    for _ in range(6):
        client.handshake()
        pass_on(client, server, piece)
        pass_on(server, client, piece)
        if client.established and server.established:
            return
    raise AssertionError("the handshake did not end")
