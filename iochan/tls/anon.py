"""Credentials that prove nothing: the bytes are encrypted, and nobody knows for whom."""

from __future__ import annotations

import os
from pathlib import Path

from typing_extensions import override

from iochan.objects import ObjectType, Property
from iochan.tls.creds import ENGINE, TlsCreds
from iochan.tls.dhgroup import FFDHE2048
from iochan.tls.endpoint import Endpoint, read_endpoint
from iochan.tls.pemfile import check_directory, read_file
from iochan.tls.settings import Plan, Settings

__all__ = ["TLS_CREDS_ANON", "AnonCreds"]


class AnonCreds(TlsCreds):
    """Anonymous TLS: whoever stands in between can read and change everything.

    For tests, and for networks where only passive listeners are feared. TLS 1.2, which is the last
    version that has it; peers that know elliptic curves alone get a suite of CBC and SHA-1.

    Args:
        endpoint: The side that they are for, also as text: ``server`` or ``client``.
        dir: A directory that may hold ``dh-params.pem`` for a server; without one it is
            the group ffdhe2048 of RFC 7919.
        settings: Ciphers, groups and application protocols.

    Raises:
        CredsError: The file is no DH parameters, or *endpoint* is neither side.
    """

    __slots__ = ()

    def __init__(
        self,
        endpoint: Endpoint | str = Endpoint.CLIENT,
        dir: str | os.PathLike[str] | None = None,  # noqa: A002 - QEMU's name for it
        *,
        settings: Settings | None = None,
    ) -> None:
        side = read_endpoint("tls-creds-anon", endpoint)
        directory = None if dir is None else Path(dir)
        super().__init__(dir=directory, endpoint=side, verify_peer=False, settings=settings)

    @override
    def plan(self) -> Plan:
        parameters = None
        if self.endpoint is Endpoint.SERVER:
            parameters = ("the group ffdhe2048", FFDHE2048)
        if self.dir is not None:
            check_directory(self.dir)
            path = self.dir / "dh-params.pem"
            if parameters is not None and os.path.lexists(path):
                parameters = (str(path), read_file(path))
        return Plan(self.endpoint, "anon", self.settings, parameters=parameters)

    @property
    @override
    def proves_name(self) -> bool:
        return False


def _build(
    dir: str | None,  # noqa: A002 - QEMU's name for it
    endpoint: str,
    priority: str | None,
    engine: str | None,
    verify_peer: bool,  # noqa: FBT001, ARG001 - as QEMU has it, it changes nothing here
) -> AnonCreds:
    return AnonCreds(endpoint, dir, settings=Settings(priority, engine=engine))


TLS_CREDS_ANON = ObjectType(
    "tls-creds-anon",
    {
        "dir": Property("path", doc="a directory that may hold dh-params.pem"),
        "endpoint": Property("text", default="client", doc="client or server"),
        "verify-peer": Property("bool", default=True, doc="changes nothing: there is nobody to verify"),
        "priority": Property("text", doc="ciphers and groups, in OpenSSL's or GnuTLS' words"),
        "engine": ENGINE,
    },
    _build,
)
"""``--object tls-creds-anon,id=…,endpoint=…``."""
