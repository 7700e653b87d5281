"""Credentials of X.509 certificates, in a directory with QEMU's file names.

============================================  ==========================================================
``ca-cert.pem``                               the CAs that vouch for the peer, one or more; mandatory
``ca-crl.pem``                                what they revoked, one list or more; both sides look at it
``server-cert.pem`` and ``server-key.pem``    a server's certificate, intermediates behind it, and its key
``server-cert-0.pem`` … ``-3.pem``            more identities, with ``server-key-0.pem`` …
``server-ocsp.der``, ``server-ocsp-0.der`` …   what a CA's responder (OCSP) says of them, sent along
``client-cert.pem`` and ``client-key.pem``    the same of a client, which may have none
============================================  ==========================================================
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from typing_extensions import override

from iochan.core.errors import CredsError
from iochan.objects import ObjectStore, ObjectType, Property
from iochan.secret import secret_bytes
from iochan.tls.creds import ENGINE, WATCH, TlsCreds
from iochan.tls.endpoint import Endpoint, read_endpoint
from iochan.tls.finding import Verdict
from iochan.tls.material import Material
from iochan.tls.ocsp import OcspPolicy, read_ocsp
from iochan.tls.sanity import check_material
from iochan.tls.settings import Plan, Settings

__all__ = ["TLS_CREDS_X509", "Password", "X509Creds"]

logger = logging.getLogger(__name__)

Password: TypeAlias = bytes | Callable[[], bytes]
"""What decrypts private keys, or what returns it whenever keys are read."""

_Loader: TypeAlias = Callable[[], Material]


class X509Creds(TlsCreds):
    """Certificates and keys from *dir*, loaded and checked here and not at the first session.

    TLS 1.2 and 1.3; no renegotiation, no compression.

    Args:
        dir: The directory with the files.
        endpoint: The side that they are for, also as text: ``server`` or ``client``.
        verify_peer: Whether the peer's certificate must lead to a CA of ``ca-cert.pem``. A server
            demands one from its clients exactly when this is on (QEMU's rule).
        sanity_check: Whether the identities are checked as `iochan.tls.sanity` does; errors refuse them,
            warnings go to the log.
        password: What decrypts the keys; nobody is ever asked for it.
        settings: Versions, ciphers, groups and application protocols.

    Raises:
        CredsError: A file is missing or unusable, a check failed, or *endpoint* is neither side.
    """

    __slots__ = ("_load", "_sanity_check")

    def __init__(
        self,
        dir: str | os.PathLike[str],  # noqa: A002 - QEMU's name for it
        endpoint: Endpoint | str = Endpoint.CLIENT,
        *,
        verify_peer: bool = True,
        sanity_check: bool = True,
        password: Password | None = None,
        settings: Settings | None = None,
    ) -> None:
        side = read_endpoint("tls-creds-x509", endpoint)
        directory = Path(dir)

        def load() -> Material:
            return Material.from_directory(directory, side, password() if callable(password) else password)

        self._load: _Loader = load
        self._sanity_check = sanity_check
        super().__init__(dir=directory, endpoint=side, verify_peer=verify_peer, settings=settings)

    @classmethod
    def from_material(
        cls,
        material: Material,
        *,
        verify_peer: bool = True,
        sanity_check: bool = True,
        settings: Settings | None = None,
    ) -> X509Creds:
        """Return credentials of *material*, such as `Material.from_pem` makes of what is in memory.

        Raises:
            CredsError: A check failed.
        """
        made = cls.__new__(cls)
        made._load = lambda: material  # noqa: SLF001 - its own
        made._sanity_check = sanity_check  # noqa: SLF001
        TlsCreds.__init__(
            made, dir=None, endpoint=material.endpoint, verify_peer=verify_peer, settings=settings
        )
        return made

    @override
    def plan(self) -> Plan:
        if self.settings.ocsp is not OcspPolicy.OFF and not (
            self.verify_peer and self.endpoint is Endpoint.CLIENT
        ):
            message = (
                f"ocsp={self.settings.ocsp.value}: only a client that verifies its servers can check what a "
                "CA's responder says of them: set endpoint=client and verify-peer on, or ocsp=off"
            )
            raise CredsError(message)
        material = self._load()
        if self._sanity_check:
            for finding in check_material(material):
                if finding.verdict is Verdict.ERROR:
                    raise CredsError(str(finding))
                if finding.verdict is Verdict.WARNING:
                    logger.warning("%s", finding)
        return Plan(self.endpoint, "x509", self.settings, verify_peer=self.verify_peer, material=material)


def _build(
    objects: ObjectStore,
    dir: str,  # noqa: A002 - QEMU's name for it
    endpoint: str,
    verify_peer: bool,  # noqa: FBT001 - called by the name of the property
    sanity_check: bool,  # noqa: FBT001
    passwordid: str | None,
    **settings: Any,  # noqa: ANN401 - each of its own type
) -> X509Creds:
    return X509Creds(
        dir,
        endpoint,
        verify_peer=verify_peer,
        sanity_check=sanity_check,
        password=None if passwordid is None else lambda: secret_bytes(objects, passwordid),
        settings=Settings(
            settings["priority"],
            settings["groups"],
            _names(settings["alpn"]),
            None if settings["keylog"] is None else Path(settings["keylog"]),
            resume=settings["resume"],
            engine=settings["engine"],
            watch=settings["watch"],
            ocsp=read_ocsp(settings["ocsp"]),
        ),
    )


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


TLS_CREDS_X509 = ObjectType(
    "tls-creds-x509",
    {
        "dir": Property("path", required=True, doc="the directory of the PEM files"),
        "endpoint": Property("text", default="client", doc="client or server"),
        "verify-peer": Property("bool", default=True, doc="whether the peer has to prove who it is"),
        "sanity-check": Property(
            "bool", default=True, doc="whether the certificates are checked when loaded"
        ),
        "passwordid": Property("text", doc="the id of the secret that decrypts the keys"),
        "priority": Property("text", doc="versions, ciphers and groups, in OpenSSL's or GnuTLS' words"),
        "groups": Property("text", doc="groups of the key exchange, separated by colons"),
        "alpn": Property("text", doc="application protocols, separated by (doubled) commas"),
        "resume": Property("bool", default=False, doc="whether a client goes on from earlier sessions"),
        "ocsp": Property(
            "text",
            default="off",
            doc="what a client wants of its server's OCSP answer: off, check or require",
        ),
        "engine": ENGINE,
        "watch": WATCH,
        "keylog": Property("path", doc="a file for the keys of all sessions, for Wireshark"),
    },
    _build,
    takes_objects=True,
)
"""``--object tls-creds-x509,id=…,dir=…,endpoint=…,verify-peer=…``."""
