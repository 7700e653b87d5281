"""Viewers of a desktop let in at several addresses: what all servers of ``iochan vnc`` share."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

from iochan.aio import AsyncChannel, arun
from iochan.aio import serve as serve_address
from iochan.aio.serve import Limits
from iochan.authz.base import AuthzById
from iochan.cli.options import make_store, object_option
from iochan.cli.signals import STOPPING, SignalPipe
from iochan.core.channel import Channel
from iochan.core.errors import CryptoError, IochanError
from iochan.objects import ObjectStore
from iochan.secret.value import Secret
from iochan.tls.anon import AnonCreds
from iochan.tls.creds import TlsCreds
from iochan.tls.facts import TLS_VERSION
from iochan.tls.layer import upgrade

if TYPE_CHECKING:
    from iochan.vnc.ra2 import Ra2
    from iochan.vnc.security import Security
    from iochan.vnc.server import VncServer

__all__ = [
    "VIEWER_LIMITS",
    "doors_at",
    "find_creds",
    "listen_option",
    "security_on",
    "security_options",
    "serve_viewers",
    "viewers_at",
]

_RA2_TYPES: Final = {"RA2": 5, "RA2_256": 129, "RA2ne": 6, "RA2ne_256": 130}
"""As viewers call them; `iochan.vnc.codes` has them too, but needs the extra."""

_log = logging.getLogger("iochan.vnc")

VIEWER_LIMITS = Limits(connections=100, grace_seconds=2.0)
"""What one address allows; viewers who were told to go are gone long before the grace ends."""


def listen_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* the addresses where viewers come, as ``addresses``."""
    return click.option(
        "--listen", "addresses", multiple=True, required=True, metavar="ADDRESS",
        help="Where viewers come; repeatable.",
    )(command)  # fmt: skip


def security_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* who may come in, as *security*, and the objects, as *store*."""

    @wraps(command)
    def call(
        objects: Sequence[str],
        password_secret: str | None,
        view_secret: str | None,
        users: Sequence[str],
        tls_creds: str | None,
        tls_authz: str | None,
        ra2_key: str | None,
        ra2_type: str,
        *,
        sasl: bool,
        **rest: Any,  # noqa: ANN401 - click calls it
    ) -> Any:  # noqa: ANN401
        store = make_store(objects)
        proof = _make_proof(store, password_secret, view_secret, users, sasl=sasl)
        protection = _make_protection(store, tls_creds, tls_authz, ra2_key, ra2_type)
        security = _make_security(proof, protection)
        return command(store=store, security=security, **rest)

    whole: Callable[..., Any] = call
    for option in (
        object_option,
        click.option("--password-secret", metavar="ID", help="Ask viewers for the password in this secret."),
        click.option("--view-secret", metavar="ID", help="A password that lets look only."),
        click.option(
            "--user", "users", multiple=True, metavar="NAME=ID",
            help="A user, and the secret with the password; repeatable; with --tls-creds.",
        ),
        click.option(
            "--sasl", is_flag=True,
            help="Ask for users by SASL (SCRAM-SHA-256), which shows their passwords to nobody.",
        ),
        click.option(
            "--tls-creds", metavar="ID",
            help="Start TLS within the protocol (VeNCrypt) by these credentials.",
        ),
        click.option(
            "--tls-authz", metavar="ID", help="The list of those whose certificates may come in there."
        ),
        click.option(
            "--ra2-key", metavar="ID",
            help="Encrypt by RA2, for viewers without TLS: the secret with the server's RSA key, in PEM.",
        ),
        click.option(
            "--ra2-type", type=click.Choice(sorted(_RA2_TYPES)), default="RA2_256", show_default=True,
            help="Which kind of it; RA2ne, noVNC's, hides nothing but the password.",
        ),
    ):  # fmt: skip
        whole = option(whole)
    return whole


def _make_proof(
    objects: ObjectStore,
    password_secret: str | None,
    view_secret: str | None,
    users: Sequence[str],
    *,
    sasl: bool,
) -> dict[str, Any]:
    """Return what viewers prove, as arguments of `Security`.

    Raises:
        AddressError: An object is missing, or is another kind.
        UsageError: The options do not go together.
    """
    from iochan.vnc.security import Access, Passwords, Users  # noqa: PLC0415 - needs the extra

    full, view = (None if one is None else objects.get(one, Secret) for one in (password_secret, view_secret))
    logins: dict[str, tuple[Secret, Access]] = {}
    for text in users:
        name, equals, secret = text.partition("=")
        if not (name and equals):
            message = f"--user {text}: write NAME=ID, where ID is a secret"
            raise click.UsageError(message)
        logins[name] = objects.get(secret, Secret), Access.FULL
    if users and (full or view):
        message = "--user beside --password-secret or --view-secret: viewers are asked for one of the two"
        raise click.UsageError(message)
    if sasl and not users:
        message = "--sasl asks for users: name them by --user"
        raise click.UsageError(message)
    passwords = Passwords(full, view) if full or view else None
    return {"passwords": passwords, "logins": Users(logins) if users else None, "sasl": sasl}


def _make_protection(
    objects: ObjectStore, tls_creds: str | None, tls_authz: str | None, ra2_key: str | None, ra2_type: str
) -> dict[str, Any]:
    """Return what protects the connection, as arguments of `Security`.

    Raises:
        AddressError: An object is missing, or is another kind.
        UsageError: The options do not go together, or the key is none.
    """
    creds = None if tls_creds is None else find_creds(objects, tls_creds)
    if tls_authz is not None and creds is None:
        message = f"--tls-authz {tls_authz}: there are no certificates without --tls-creds"
        raise click.UsageError(message)
    authz = None if tls_authz is None else AuthzById(objects, tls_authz)
    start = None if creds is None else upgrade(creds, authz=authz)
    anonymous = isinstance(creds, AnonCreds)
    return {
        "x509": None if anonymous else start,
        "anon": start if anonymous else None,
        "ra2": None if ra2_key is None else _make_ra2(objects, ra2_key, ra2_type),
    }


def _make_ra2(objects: ObjectStore, name: str, kind: str) -> Ra2:
    from iochan.crypto.rsa import RsaPrivateKey  # noqa: PLC0415 - for this alone
    from iochan.vnc.ra2 import Ra2  # noqa: PLC0415

    try:
        ra2 = Ra2(RsaPrivateKey.from_pem(objects.get(name, Secret).as_bytes()), _RA2_TYPES[kind])
    except (CryptoError, ValueError) as error:
        message = f"--ra2-key {name}: {error}"
        raise click.UsageError(message) from error
    click.echo(f"RSA key {ra2.key.fingerprint()} (viewers show {ra2.shown})", err=True)
    return ra2


def _make_security(proof: dict[str, Any], protection: dict[str, Any]) -> Security:
    from iochan.vnc.security import Security  # noqa: PLC0415 - needs the extra

    try:
        return Security(**proof, **protection)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def find_creds(objects: ObjectStore, name: str) -> TlsCreds:
    """Return the TLS credentials *name*.

    Raises:
        UsageError: It is something else.
    """
    found = objects.get(name, object)
    if not isinstance(found, TlsCreds):
        message = f"{name}: is no credentials for TLS: name an object of type tls-creds-…"
        raise click.UsageError(message)
    return found


@asynccontextmanager
async def doors_at(
    server: VncServer, addresses: Sequence[str], objects: ObjectStore
) -> AsyncIterator[tuple[str, ...]]:
    """Let viewers in while the block runs, which has where that is; they are sent away at its end.

    Who comes over TLS already, as with ``wss``, is not asked for more of it: no browser's viewer could.

    Raises:
        AddressError: An address is wrong.
        OSError: An address cannot be had.
    """

    async def attend(view: AsyncChannel) -> None:
        security = security_on(view.channel, server.security)
        try:
            await arun(server.serve_op(view.channel, security))
        except (IochanError, OSError) as error:
            _log.warning("a viewer's connection ended: %s", error)

    async with AsyncExitStack() as stack:
        doors = [
            await stack.enter_async_context(
                serve_address(address, attend, objects=objects, limits=VIEWER_LIMITS)
            )
            for address in addresses
        ]
        try:
            yield tuple(address for door in doors for address in door.listener.addresses)
        finally:
            server.end_sessions("the server stops")


def security_on(channel: Channel, security: Security) -> Security:
    """Return what viewers on *channel* are asked for: TLS is not started twice, which no browser could."""
    if channel.extra(TLS_VERSION, None) is None:
        return security
    return replace(security, x509=None, anon=None, protected=True, sasl=False, ra2=None)


@asynccontextmanager
async def viewers_at(
    server: VncServer, addresses: Sequence[str], objects: ObjectStore
) -> AsyncIterator[SignalPipe]:
    """Let viewers in as `doors_at` does, and tell where.

    The block has SIGINT and SIGTERM to wait for: they are taken before anybody is told that it listens.

    Raises:
        AddressError: An address is wrong.
        OSError: An address cannot be had.
    """
    with SignalPipe(*STOPPING) as signals:
        async with doors_at(server, addresses, objects) as where:
            for address in where:
                click.echo(f"listening on {address}", err=True)
            yield signals


async def serve_viewers(server: VncServer, addresses: Sequence[str], objects: ObjectStore) -> None:
    """Let viewers in until SIGINT or SIGTERM; see `viewers_at`."""
    async with viewers_at(server, addresses, objects) as signals:
        await arun(signals.next_op())
