"""``iochan vnc gateway``: viewers, browsers among them, to VNC servers that they could not reach alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import click

from iochan.cli.signals import StopSignals
from iochan.cli.vncserve import (
    VIEWER_LIMITS,
    listen_option,
    security_on,
    security_options,
)
from iochan.cli.vnctarget import make_target, target_options
from iochan.core.channel import Channel
from iochan.core.errors import AddressError
from iochan.core.op import Op
from iochan.core.opening import listen
from iochan.core.pollloop import PollLoop
from iochan.objects import ObjectStore
from iochan.relay import Relay, RelayLimits
from iochan.websocket.facts import WS_PATH

if TYPE_CHECKING:
    from iochan.vnc.gateway import Target
    from iochan.vnc.security import Security

__all__ = ["gateway"]

_LIMITS = RelayLimits(connections=VIEWER_LIMITS.connections, connect=60.0)


@click.command(
    epilog="\b\nExamples:\n"
    "  iochan vnc gateway --listen 'wss://:6080?tls.creds=s&ws.page=vnc' --target tcp://vm1:5900 \\\n"
    "    --target-user joe --target-password-secret pw --target-tls-creds c \\\n"
    "    --object tls-creds-x509,id=s,endpoint=server,dir=web,verify-peer=off \\\n"
    "    --object tls-creds-x509,id=c,endpoint=client,dir=pki --object secret,id=pw,file=password\n"
    "  iochan vnc gateway --listen ws://127.0.0.1:6080?ws.page=vnc --tokens /etc/iochan/tokens"
)
@listen_option
@click.option("--target", metavar="ADDRESS", help="The server, for all viewers.")
@click.option("--tokens", type=click.Path(exists=True, path_type=Path), metavar="PATH",
              help="Servers by token, in a file or in the files of a directory, as for websockify; a viewer "
              "comes to ws://…/?token=TOKEN.")  # fmt: skip
@target_options("target-")
@click.option("--record", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Record what passes, a tape for each viewer, for iochan vnc replay.")  # fmt: skip
@security_options
def gateway(
    addresses: tuple[str, ...],
    target: str | None,
    tokens: Path | None,
    proof: Mapping[str, str],
    record: Path | None,
    store: ObjectStore,
    security: Security,
) -> None:
    """Bring viewers to VNC servers, until SIGINT or SIGTERM.

    Viewers prove who they are to the gateway, and the gateway to the servers: a browser, which knows nothing
    of VeNCrypt, sees a server that is open to nobody without a certificate and a password. What passes is not
    changed, so that every encoding works.
    """
    from iochan.vnc.gateway import Gateway  # noqa: PLC0415 - the extra
    from iochan.vnc.tokens import Entry, find_token  # noqa: PLC0415

    if (target is None) == (tokens is None):
        message = "--target or --tokens: say where viewers go, and in one of the two ways"
        raise click.UsageError(message)
    if security.passwords is not None and security.passwords.view is not None:
        message = "--view-secret: a gateway does not see what viewers do, so it cannot let them only look"
        raise click.UsageError(message)
    if proof and tokens is not None:
        message = f"--target-{min(proof)} beside --tokens: write it into the line of the token"
        raise click.UsageError(message)

    def find(viewer: Channel) -> Target:
        if tokens is None:
            assert target is not None
            return make_target(Entry(target, proof), store, "the server")
        token = _token_of(viewer)
        return make_target(find_token(tokens, token), store, f"the server of {token}")

    if target is not None:
        make_target(Entry(target, proof), store, "the server")  # what is wrong is told now
    service = Gateway(find, security, None if record is None else _Recorder(record))

    def introduce(viewer: Channel) -> Op[tuple[Channel, Channel]]:
        return service.introduce_op(viewer, security_on(viewer, security))

    _run(addresses, store, introduce)


class _Recorder:
    """Makes a tape of each channel, in a file of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count(1)

    def __call__(self, channel: Channel) -> Channel:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = next(one for one in map(self._path, self._numbers) if not one.exists())
        return channel.layer("record", path=str(path), strict=True)

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:06}.tape"


def _token_of(viewer: Channel) -> str:
    """Return the token that a viewer's WebSocket was opened with, in its query or as its path.

    Raises:
        AddressError: There is none.
    """
    path = viewer.extra(WS_PATH, None)
    url = urlsplit(path or "")
    token = parse_qs(url.query).get("token", [""])[0] or url.path.strip("/")
    if not token:
        message = "no token was given: open the address with ?token=TOKEN"
        raise AddressError(message)
    return token


def _run(
    addresses: tuple[str, ...],
    store: ObjectStore,
    introduce: Callable[[Channel], Op[tuple[Channel, Channel]]],
) -> None:
    """Serve until a signal comes."""
    loop = PollLoop()
    listeners = [listen(address, objects=store) for address in addresses]
    relays = [Relay(loop, listener, introduce, limits=_LIMITS) for listener in listeners]

    def stop(_: int) -> None:
        for relay in relays:
            relay.abort()
        signals.forget()

    with StopSignals(loop, stop) as signals:
        for listener in listeners:
            for address in listener.addresses:
                click.echo(f"listening on {address}", err=True)
        loop.run()
