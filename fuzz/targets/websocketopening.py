"""WebSocket openings: any head is refused, waited for, or agreed on; whole or in pieces alike."""

from __future__ import annotations

from iochan.core.errors import HandshakeError, LimitExceeded
from iochan.websocket.opening import MAX_OPENING, ClientOpening, Opening, ServerOpening


def heard(opening: Opening, data: bytes, size: int) -> tuple[str, bytes | None]:
    """Return how *opening* takes *data* in pieces of *size* bytes, and what came behind the head."""
    for start in range(0, len(data), size):
        try:
            rest = opening.receive(memoryview(data[start : start + size]))
        except (HandshakeError, LimitExceeded) as error:
            return f"{type(error).__name__}: {error}", None
        if rest is not None:
            return "agreed", rest + data[start + size :]
    assert len(data) < MAX_OPENING
    return "waits", None


def one_input(data: bytes) -> None:
    """Check one input; a difference, or any other exception, is a finding."""
    for make in (lambda: ServerOpening(None, (), ("binary",)), lambda: ClientOpening("h", "/", None, ())):
        outcome, rest = heard(make(), data, 7)
        assert outcome.isprintable()
        assert (outcome, rest) == heard(make(), data, len(data) + 1)
