"""A VNC server that a command goes to: its options, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
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

__all__ = ["make_target", "target_options"]

_OPTIONS = {
    "user": ("NAME", "Who we are to the server."),
    "password-secret": ("ID", "The secret with the password there."),
    "key": ("FINGERPRINT", "Insist on RA2 there, with the RSA key of this SHA-256 fingerprint."),
    "tls-creds": ("ID", "Insist on TLS within the protocol (VeNCrypt) there, by these credentials."),
    "hostname": ("NAME", "Who the server's certificate must be for; its address by default."),
}
"""Those of an `iochan.vnc.tokens.Entry`, with what their values and they are called."""


def target_options(prefix: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--{prefix}user`` and what else proves who we are to a server, all as *proof*.

    That has those that were given, as the options of an `Entry`.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def call(**rest: Any) -> Any:  # noqa: ANN401 - click calls it
            given = {name: rest.pop(f"{prefix}{name}".replace("-", "_")) for name in _OPTIONS}
            proof = {name: value for name, value in given.items() if value is not None}
            return command(proof=proof, **rest)

        whole: Callable[..., Any] = call
        for name, (metavar, words) in reversed(_OPTIONS.items()):
            whole = click.option(f"--{prefix}{name}", metavar=metavar, help=words)(whole)
        return whole

    return add


def make_target(entry: Entry, store: ObjectStore, name: str) -> Target:
    """Return the server of *entry*, with the objects that it names.

    Raises:
        AddressError: The address is wrong, or an object is missing.
    """
    from iochan.vnc.gateway import Target  # noqa: PLC0415 - the extra
    from iochan.vnc.login import Credentials  # noqa: PLC0415

    options: Mapping[str, str] = entry.options
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
        server_key=options.get("key"),
    )
    return Target(name, lambda: connect_op(entry.address, objects=store), credentials)
