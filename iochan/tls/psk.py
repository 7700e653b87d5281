"""Credentials of pre-shared keys: ``keys.psk`` in a directory, a line ``user:hex`` for each user."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

from iochan.core.errors import CredsError, show_text
from iochan.objects import ObjectType, Property
from iochan.tls.creds import ENGINE, WATCH, TlsCreds
from iochan.tls.endpoint import Endpoint, read_endpoint
from iochan.tls.finding import Finding, Verdict
from iochan.tls.pemfile import check_directory
from iochan.tls.pskfile import read_keys
from iochan.tls.settings import Plan, Settings

__all__ = ["DEFAULT_USERNAME", "TLS_CREDS_PSK", "PskCreds", "check_keys"]

DEFAULT_USERNAME = "qemu"
"""Whose key a client uses when nothing is said (QEMU's choice)."""


class PskCreds(TlsCreds):
    """Keys that both sides have, from ``keys.psk`` in *dir*: both prove themselves by knowing one.

    TLS 1.2 with forward secrecy, and 1.3. A server knows its peer by the user's name.

    Args:
        dir: The directory with the file.
        endpoint: The side that they are for, also as text: ``server`` or ``client``.
        username: Whose key a client uses; None for `DEFAULT_USERNAME`. A server takes every user's.
        settings: Versions, ciphers, groups and application protocols.

    Raises:
        CredsError: The file is missing or wrong, has no key of *username*, or a server was given one;
            or the engine has no pre-shared keys.
    """

    __slots__ = ("_username",)

    def __init__(
        self,
        dir: str | os.PathLike[str],  # noqa: A002 - QEMU's name for it
        endpoint: Endpoint | str = Endpoint.CLIENT,
        *,
        username: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        side = read_endpoint("tls-creds-psk", endpoint)
        if side is Endpoint.SERVER and username is not None:
            message = "tls-creds-psk: username is for a client, and a server takes every user: leave it out"
            raise CredsError(message)
        self._username = DEFAULT_USERNAME if username is None else username
        super().__init__(dir=Path(dir), endpoint=side, verify_peer=True, settings=settings)

    @property
    @override
    def demands_certificate(self) -> bool:
        return False

    @override
    def plan(self) -> Plan:
        if self.dir is None:
            raise AssertionError("keys come from a directory")
        check_directory(self.dir)
        path = self.dir / "keys.psk"
        keys = read_keys(path)
        username = None
        if self.endpoint is Endpoint.CLIENT:
            username = self._username
            if username not in keys:
                message = f"{path}: no key of user {show_text(username)}: add one, or give username=…"
                raise CredsError(message)
        return Plan(self.endpoint, "psk", self.settings, keys=keys, username=username)


def check_keys(path: Path) -> Iterator[Finding]:
    """Yield what is to be said of the keys in *path*."""
    try:
        keys = read_keys(path)
        mode = stat.S_IMODE(path.stat().st_mode)
    except CredsError as error:
        yield Finding.of_error(error)
        return
    yield Finding(Verdict.FINE, str(path), "keys", f"{len(keys)} users")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        fact = f"has mode {mode:04o}, so others than its owner may use the keys"
        yield Finding(Verdict.WARNING, str(path), "mode", fact, "chmod 600 it")


def _build(
    dir: str,  # noqa: A002 - QEMU's name for it
    endpoint: str,
    username: str | None,
    priority: str | None,
    engine: str | None,
    watch: bool,  # noqa: FBT001 - called by the name of the property
) -> PskCreds:
    settings = Settings(priority, engine=engine, watch=watch)
    return PskCreds(dir, endpoint, username=username, settings=settings)


TLS_CREDS_PSK = ObjectType(
    "tls-creds-psk",
    {
        "dir": Property("path", required=True, doc="the directory of keys.psk"),
        "endpoint": Property("text", default="client", doc="client or server"),
        "username": Property("text", doc="whose key a client uses; without it, qemu"),
        "priority": Property("text", doc="versions, ciphers and groups, in OpenSSL's or GnuTLS' words"),
        "engine": ENGINE,
        "watch": WATCH,
    },
    _build,
)
"""``--object tls-creds-psk,id=…,dir=…,endpoint=…,username=…``."""
