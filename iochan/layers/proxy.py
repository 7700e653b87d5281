"""What the layers through a proxy share: ask it for the target once, then be out of the way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NoReturn, TypeVar

from typing_extensions import override

from iochan.address.inet import InetAddress
from iochan.core.blocked import Blocked
from iochan.core.buffers import Flat, Room, Views
from iochan.core.channel import Channel
from iochan.core.errors import AddressError, HandshakeError, LocalProtocolError, UnexpectedEOF, show_text
from iochan.core.fd import FdBox
from iochan.core.guard import ReadGuard, WriteGuard
from iochan.core.op import Op
from iochan.layers.prefix import PrefixLayer
from iochan.secret.value import Secret

__all__ = ["ProxyLayer", "as_target", "as_user", "leads_to_target", "proxy"]

Factory = TypeVar("Factory", bound=Callable[..., "ProxyLayer"])
_PROXIES: Final[set[object]] = set()


def proxy(factory: Factory) -> Factory:
    """Note that *factory* makes a layer at whose other end its option ``target`` is.

    So TLS and WebSocket above it in an address know whom to ask for.
    """
    _PROXIES.add(factory)
    return factory


def leads_to_target(factory: object) -> bool:
    """Tell whether *factory* was noted by `proxy`."""
    return factory in _PROXIES


def as_target(option: str, text: str) -> InetAddress:
    """Return where a proxy shall connect to: ``host:port``, ``[address]:port``.

    A name beyond ASCII becomes the one that is asked for on the wire (RFC 5890, A-labels).

    Raises:
        AddressError: It is none of these; *option* is what the message calls it.
    """
    try:
        target = InetAddress(**InetAddress.read_body(f"//{text}"))
    except AddressError as error:
        message = f"{option}={show_text(text)}: {error}"
        raise AddressError(message) from error
    if not target.host or not isinstance(target.port, int) or not target.port:
        message = f"{option}={show_text(text)}: it must be host:port, with a number for the port"
        raise AddressError(message)
    try:
        return target if target.host.isascii() else replace(target, host=target.host.encode("idna").decode())
    except UnicodeError as error:
        message = f"{option}={show_text(text)}: the name has no form in DNS: shorten its labels or mend them"
        raise AddressError(message) from error


def as_user(option: str, user: str, secret: Secret | None) -> bytes:
    """Return the bytes of a user's name, once it is sure that name and password come together.

    Raises:
        AddressError: One of them stands alone.
    """
    if bool(user) is (secret is None):
        message = f"{option}.user and {option}.secret: give both, or none"
        raise AddressError(message)
    return user.encode()


class ProxyLayer(PrefixLayer, ABC):
    """A connection to *target* through the proxy at the other end of *lower*.

    The handshake asks for it; after that all bytes pass as they are. It asks once: a handshake that ended
    early leaves an answer on its way, which the next one would take for its own.

    Args:
        lower: A connection to the proxy, owned from now on.
        target: Where the proxy connects to; it resolves the name.
        name: What messages call the layer.
    """

    __slots__ = ("_begun", "_established", "target")

    def __init__(self, lower: Channel, target: InetAddress, name: str) -> None:
        super().__init__(lower, b"", name)
        self.target = target
        self._begun = False
        self._established = False

    @abstractmethod
    def ask_op(self) -> Op[bytes]:
        """Have the proxy connect, and return what came behind its answer.

        Raises:
            HandshakeError: The proxy refuses, or does not speak the protocol.
        """

    @override
    def establish_op(self) -> Op[None]:
        yield from self._lower.establish_op()
        if self._established:
            return
        with ReadGuard(self), WriteGuard(self):
            if self._begun:
                message = (
                    f"{self.name} has asked the proxy before, without success: connect to the proxy anew"
                )
                raise LocalProtocolError(message)
            self._begun = True
            try:
                self.give_back((yield from self.ask_op()))
            except UnexpectedEOF as error:
                message = f"the proxy left while asked for {self.asked}: {error}"
                raise HandshakeError(message) from error
        self._established = True

    @property
    def asked(self) -> str:
        """The target, for messages."""
        return self.target.body().removeprefix("//")

    @override
    def try_readv(self, views: Views, fds: FdBox | None = None, flags: int = 0) -> int | Blocked:
        if not self._established:
            self._refuse_early()
        return super().try_readv(views, fds, flags)

    @override
    def try_readinto(self, buffer: Room, flags: int = 0) -> int | Blocked:
        if not self._established:
            self._refuse_early()
        return super().try_readinto(buffer, flags)

    @override
    def try_write(self, data: Flat, flags: int = 0) -> int | Blocked:
        if not self._established:
            self._refuse_early()
        return self._lower.try_write(data, flags)

    @override
    def try_writev(self, views: Views, fds: tuple[int, ...] = (), flags: int = 0) -> int | Blocked:
        if not self._established:
            self._refuse_early()
        return self._lower.try_writev(views, (), flags)

    def _refuse_early(self) -> NoReturn:
        message = f"{self.name} has not asked the proxy yet: call handshake() first"
        raise LocalProtocolError(message)
