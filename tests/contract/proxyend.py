"""The other end of `HttpConnectLayer` in the matrix: a proxy that is its own target."""

from __future__ import annotations

from typing_extensions import override

from iochan.core.channel import Channel
from iochan.core.op import Op
from iochan.layers.prefix import PrefixLayer

__all__ = ["ProxyEnd"]


class ProxyEnd(PrefixLayer):
    """Answers one CONNECT; what follows passes as it is."""

    __slots__ = ("_answered",)

    def __init__(self, lower: Channel) -> None:
        super().__init__(lower, b"", "proxy-end")
        self._answered = False

    @override
    def establish_op(self) -> Op[None]:
        yield from self._lower.establish_op()
        if self._answered:
            return
        self._answered = True
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += yield from self._lower.read_exactly_op(1)
        yield from self._lower.write_all_op(b"HTTP/1.1 200 OK\r\n\r\n")
        yield from self._lower.flush_op()
