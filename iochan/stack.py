"""The one place that knows all layers: from an address as text to a channel or a listener."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal

from typing_extensions import override

from iochan.address import InetAddress, LayerSpec, Stack, parse_stack
from iochan.authz.base import AuthzById
from iochan.core.blocked import Blocked
from iochan.core.channel import Channel
from iochan.core.errors import AddressError
from iochan.core.listener import Listener
from iochan.core.op import Op, within
from iochan.core.opening import ObjectSource
from iochan.core.registry import CHANNELS, LAYERS, LISTENERS, known, lookup
from iochan.core.upgrade import closing_on_error
from iochan.layers.proxy import as_target, leads_to_target
from iochan.secret.value import Secret

__all__ = ["StackListener", "connect_op", "known_layers", "listen_op", "parse"]

Side = Literal["client", "server"]
_SIDES = ("-client", "-server")
_CREDS = "creds"
_TARGET = "target"


def parse(text: str) -> Stack:
    """Return the stack that *text* asks for, its layers and their options checked.

    Raises:
        AddressError: The text is wrong, or a layer or an option is unknown; known ones are listed.
    """
    return parse_stack(text, known_layers())


def known_layers() -> dict[str, list[str]]:
    """Return the layers that an address may name, each with its options.

    A layer that is two things to its two ends is registered under two names, such as ``tls-client``
    and ``tls-server``; an address says ``tls``.
    """
    options: dict[str, list[str]] = {}
    for name in known(LAYERS):
        plain = name
        for side in _SIDES:
            plain = plain.removesuffix(side)
        names = options.setdefault(plain, [])
        names += [option for option in _parameters(lookup(LAYERS, name)) if option not in names]
    return options


def _parameters(function: Callable[..., Any]) -> list[str]:
    """Return the options of a layer as addresses write them: its parameters behind the channel."""
    return [name.replace("_", "-") for name in list(inspect.signature(function).parameters)[1:]]


def connect_op(text: str, objects: ObjectSource | None, timeout: float | None) -> Op[Channel]:
    """The operation behind `iochan.core.opening.connect`; what is wrong in *text* is raised at once."""
    stack = parse(text)
    wraps = [_wrapper(stack, index, "client", objects) for index in reversed(range(len(stack.layers)))]
    op = _open_op(stack, wraps)
    return op if timeout is None else within(op, timeout, f"connecting to {text}")


def _open_op(stack: Stack, wraps: list[Callable[[Channel], Channel]]) -> Op[Channel]:
    base: Channel = yield from lookup(CHANNELS, stack.base.scheme)(stack.base)
    return (yield from closing_on_error(base, _wrap_op(base, wraps)))


def _wrap_op(channel: Channel, wraps: list[Callable[[Channel], Channel]]) -> Op[Channel]:
    for wrap in wraps:
        channel = wrap(channel)
    # connect's own deadline is round all of it.
    yield from channel.handshake_op(None)
    return channel


def _wrapper(
    stack: Stack, index: int, side: Side, objects: ObjectSource | None
) -> Callable[[Channel], Channel]:
    """Return what puts a layer of *stack* on a channel; names and objects are checked here, once."""
    spec = stack.layers[index]
    layers = known(LAYERS)
    if side == "server" and f"{spec.name}-server" not in layers and f"{spec.name}-client" in layers:
        message = f"{spec.name}: only who connects can have it: leave it out where you listen"
        raise AddressError(message)
    function = _factory(spec, side)
    takes = _parameters(function)
    options = _defaults(stack, index, takes)
    for name, text in spec.options:
        if name not in takes:
            message = f"{spec.name}: option {name!r} has no meaning for a {side}: leave it out"
            raise AddressError(message)
        options[name.replace("-", "_")] = _value(spec, name, text, objects)
    if _CREDS in takes and _CREDS not in options:
        message = f"{spec.name}: no credentials: give {spec.name}.creds=ID and the object of that id"
        raise AddressError(message)
    return lambda channel: function(channel, **options)


def _factory(spec: LayerSpec, side: Side) -> Callable[..., Channel]:
    sided = f"{spec.name}-{side}"
    return lookup(LAYERS, sided if sided in known(LAYERS) else spec.name)


def _value(spec: LayerSpec, name: str, text: str, objects: ObjectSource | None) -> object:
    """Return what a layer is given for an option: the object of an id, or the text."""
    match name:
        case "authz":
            return AuthzById(_source(spec, name, text, objects), text)
        case "creds":
            return _source(spec, name, text, objects).get(text, object)
        case "secret":
            return _source(spec, name, text, objects).get(text, Secret)
        case _:
            return text


def _defaults(stack: Stack, index: int, takes: list[str]) -> dict[str, Any]:
    """Return what a layer need not be told, as the address says who the peer is."""
    options: dict[str, Any] = {}
    peer = _peer(stack, index)
    if peer is not None and "host" in takes:
        secure = any(each.name == "tls" for each in stack.layers[index:])
        options["host"] = _host(peer, secure=secure)
    if peer is not None and peer.host and "hostname" in takes:
        options["hostname"] = peer.host
    return options


def _peer(stack: Stack, index: int) -> InetAddress | None:
    """Return who is at the other end of the layer *index*: a proxy's target, or the base."""
    for spec in stack.layers[index + 1 :]:
        # Another layer may have a target too, which says nothing about who the peer is.
        if (target := spec.get(_TARGET)) is not None and leads_to_target(_factory(spec, "client")):
            return as_target(f"{spec.name}.{_TARGET}", target)
    return stack.base if isinstance(stack.base, InetAddress) else None


def _host(base: InetAddress, *, secure: bool) -> str:
    """Return *base* as a request names it: without the port that its scheme has anyway (RFC 9110, 7.2)."""
    host = base.body().removeprefix("//")
    return host.removesuffix(":443" if secure else ":80")


def _source(spec: LayerSpec, option: str, name: str, objects: ObjectSource | None) -> ObjectSource:
    if objects is None:
        message = f"{spec.name}.{option}={name}: there are no objects here: give --object …,id={name}"
        raise AddressError(message)
    return objects


class StackListener(Listener):
    """Puts the server side of an address's layers on whatever *inner* accepts."""

    __slots__ = ("_inner", "_layers", "_wraps")

    def __init__(self, inner: Listener, stack: Stack, wraps: list[Callable[[Channel], Channel]]) -> None:
        self._inner = inner
        self._layers = stack.layers
        self._wraps = wraps

    @override
    def try_accept(self) -> Channel | Blocked:
        channel = self._inner.try_accept()
        if isinstance(channel, Blocked):
            return channel
        try:
            for wrap in self._wraps:
                channel = wrap(channel)
        except BaseException:
            channel.abort()
            raise
        return channel

    @property
    @override
    def addresses(self) -> tuple[str, ...]:
        """Where clients connect to, without what only this side needs to know."""
        names = tuple(LayerSpec(spec.name) for spec in self._layers)
        return tuple(str(Stack(names, parse_stack(text).base)) for text in self._inner.addresses)

    @property
    @override
    def single(self) -> bool:
        return self._inner.single

    @override
    def pause(self) -> None:
        self._inner.pause()

    @override
    def resume(self) -> None:
        self._inner.resume()

    @override
    def close(self) -> None:
        self._inner.close()


class OnceListener(Listener):
    """Gives one channel that needs no client: a command, a terminal, standard input and output."""

    __slots__ = ("_channel", "_text")

    def __init__(self, channel: Channel, text: str) -> None:
        self._channel: Channel | None = channel
        self._text = text

    @override
    def try_accept(self) -> Channel | Blocked:
        channel, self._channel = self._channel, None
        return Blocked(deadline=float("inf")) if channel is None else channel

    @property
    @override
    def single(self) -> bool:
        return True

    @property
    @override
    def addresses(self) -> tuple[str, ...]:
        return (self._text,)

    @override
    def pause(self) -> None:
        """Nobody waits in a queue here."""

    @override
    def resume(self) -> None:
        """Nobody waits in a queue here."""

    @override
    def close(self) -> None:
        if self._channel is not None:
            self._channel.abort()
            self._channel = None


def listen_op(text: str, objects: ObjectSource | None) -> Op[Listener]:
    """The operation behind `iochan.core.opening.listen`."""
    stack = parse(text)
    wraps = [_wrapper(stack, index, "server", objects) for index in reversed(range(len(stack.layers)))]
    scheme = stack.base.scheme
    inner: Listener
    if scheme in known(LISTENERS):
        inner = yield from lookup(LISTENERS, scheme)(stack.base)
    else:
        inner = OnceListener((yield from lookup(CHANNELS, scheme)(stack.base)), str(stack.base))
    return StackListener(inner, stack, wraps) if wraps else inner
