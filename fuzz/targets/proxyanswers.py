"""What a proxy answers: any bytes are refused with a documented error, waited for, or an agreement.

The first byte says which proxy it is and how large the pieces are. Whole or in pieces, the outcome and what
is left for the user are the same.
"""

from __future__ import annotations

from iochan.channels.pair import memory_pair
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import HandshakeError, LimitExceeded
from iochan.layers.httpconnect import http_connect
from iochan.layers.socks5 import socks5
from iochan.secret.value import Secret

ROOM = 1 << 20


def outcome(answer: bytes, size: int, *, socks: bool, password: bool) -> tuple[str, bytes]:
    """Return what became of the handshake, and what a user reads behind it."""
    near, far = memory_pair(ROOM)
    options = {"user": "me", "secret": Secret(b"pw")} if password else {}
    layer: Channel = (socks5 if socks else http_connect)(near, "h:1", **options)  # type: ignore[arg-type]
    op = layer.establish_op()
    try:
        for start in range(0, len(answer), size):
            if next(op, None) is None:
                far.write_all(answer[start:])
                return "agreed", rest(layer)
            far.write_all(answer[start : start + size])
        if next(op, None) is not None:
            return "waits", b""
        return "agreed", rest(layer)
    except (HandshakeError, LimitExceeded) as error:
        return type(error).__name__, b""
    finally:
        op.close()
        layer.abort()
        far.abort()


def rest(layer: Channel) -> bytes:
    """Return all that a user can read now."""
    got, room = bytearray(), bytearray(4096)
    while not isinstance(size := layer.try_readinto(room), Blocked):
        got += room[:size]
    return bytes(got)


def one_input(data: bytes) -> None:
    """Hold one answer against the rule."""
    if not data:
        return
    kind, answer = data[0], data[1:]
    socks, password, size = bool(kind & 1), bool(kind & 2), 1 + (kind >> 2)
    whole = outcome(answer, len(answer) or 1, socks=socks, password=password)
    assert outcome(answer, size, socks=socks, password=password) == whole
