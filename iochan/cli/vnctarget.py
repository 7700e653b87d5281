"""A VNC server that a command goes to: its options, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from iochan.address.inet import InetAddress
from iochan.address.parse import parse_stack
from iochan.cli.vncserve import find_creds
from iochan.core.opening import connect_op
from iochan.objects import ObjectStore
from iochan.secret.value import Secret
from iochan.tls.anon import AnonCreds
from iochan.tls.layer import upgrade

if TYPE_CHECKING:
    from iochan.vnc.gateway import Target
    from iochan.vnc.tokens import Entry

__all__ = ["given_options", "make_target", "target_options"]


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* what proves who we are to a server, as the arguments of `given_options`."""
    for option in (
        click.option("--target-hostname", metavar="NAME",
                     help="Who the server's certificate must be for; its address by default."),
        click.option("--target-tls-creds", metavar="ID",
                     help="Insist on TLS within the protocol (VeNCrypt) there, by these credentials."),
        click.option("--target-password-secret", metavar="ID", help="The secret with the password there."),
        click.option("--target-user", metavar="NAME", help="Who we are to the server."),
    ):  # fmt: skip
        command = option(command)
    return command


def given_options(
    user: str | None, password_secret: str | None, tls_creds: str | None, hostname: str | None
) -> Mapping[str, str]:
    """Return those of `target_options` that were given, as the options of an `Entry`."""
    options = {
        "user": user, "password-secret": password_secret, "tls-creds": tls_creds, "hostname": hostname,
    }  # fmt: skip
    return {key: value for key, value in options.items() if value is not None}


def make_target(entry: Entry, store: ObjectStore, name: str) -> Target:
    """Return the server of *entry*, with the objects that it names.

    Raises:
        AddressError: The address is wrong, or an object is missing.
    """
    from iochan.vnc.gateway import Target  # noqa: PLC0415 - the extra
    from iochan.vnc.login import Credentials  # noqa: PLC0415

    options = entry.options
    password = options.get("password-secret")
    creds = None if "tls-creds" not in options else find_creds(store, options["tls-creds"])
    stack = parse_stack(entry.address)
    base = stack.base
    hostname = options.get("hostname") or (base.host if isinstance(base, InetAddress) else "localhost")
    start = None if creds is None else upgrade(creds, hostname=hostname)
    anonymous = isinstance(creds, AnonCreds)
    credentials = Credentials(
        None if password is None else store.get(password, Secret),
        options.get("user"),
        x509=None if anonymous else start,
        anon=start if anonymous else None,
        protected=any(layer.name == "tls" for layer in stack.layers),
    )
    return Target(name, lambda: connect_op(entry.address, objects=store), credentials)
