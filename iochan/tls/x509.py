"""Credentials of X.509 certificates, in the files that QEMU reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import SSL, crypto
from typing_extensions import override

from iochan.core.errors import CredsError
from iochan.objects import ObjectType, Property
from iochan.tls.creds import Endpoint, TlsCreds
from iochan.tls.engines.pyopenssl import note_verify
from iochan.tls.files import check_dates, load_certificates, load_key

__all__ = ["TLS_CREDS_X509", "X509Creds"]

_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"
"""What TLS 1.2 may use: forward secrecy and authenticated encryption only."""


class X509Creds(TlsCreds):
    """Certificates in the files that QEMU reads.

    ``ca-cert.pem`` and, for a server, ``server-cert.pem`` with ``server-key.pem``; for a client,
    ``client-cert.pem`` with ``client-key.pem`` if they are there. A certificate file may hold its intermediate CAs behind the certificate. TLS 1.2 and 1.3 are
    spoken; there is no renegotiation and no compression.

    Args:
        dir: The directory of the files.
        endpoint: The side that they are for; also as text, "client" or "server".
        verify_peer: Whether the peer has to prove who it is.

    Raises:
        CredsError: A file is missing or unusable, out of date, or does not fit the others.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str],  # noqa: A002 - QEMU's name
        endpoint: Endpoint | str = Endpoint.CLIENT,
        *,
        verify_peer: bool = True,
    ) -> None:
        super().__init__(dir, _endpoint(endpoint), verify_peer=verify_peer)
        if not self.dir.is_dir():
            message = f"{self.dir}: is no directory: make one with `iochan creds init {self.dir}`, or name the right one"
            raise CredsError(message)
        self._context = self._make_context()

    @property
    @override
    def context(self) -> SSL.Context:
        return self._context

    def _make_context(self) -> SSL.Context:
        server = self.endpoint is Endpoint.SERVER
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(_CIPHERS)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        if server:
            context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self._load_authorities(context)
        self._load_identity(context, optional=not server)
        context.set_verify(_verify_mode(server=server, verify_peer=self.verify_peer), note_verify)
        return context

    def _load_authorities(self, context: SSL.Context) -> None:
        store = context.get_cert_store()
        assert store is not None
        for authority in load_certificates(self.dir / "ca-cert.pem"):
            store.add_cert(crypto.X509.from_cryptography(authority))

    def _load_identity(self, context: SSL.Context, *, optional: bool) -> None:
        name = self.endpoint.value
        certificate_path, key_path = self.dir / f"{name}-cert.pem", self.dir / f"{name}-key.pem"
        if optional and not certificate_path.exists() and not key_path.exists():
            return
        certificate, *chain = load_certificates(certificate_path)
        key = load_key(key_path)
        check_dates(certificate_path, certificate)
        if _public_bytes(certificate.public_key()) != _public_bytes(key.public_key()):
            message = (
                f"{key_path}: is not the key of {certificate_path.name}: put the two that belong together"
            )
            raise CredsError(message)
        context.use_certificate(certificate)
        for link in chain:
            context.add_extra_chain_cert(link)
        try:
            context.use_privatekey(key)  # type: ignore[arg-type] # refused below
        except (TypeError, SSL.Error) as error:
            message = f"{key_path}: a key of this kind cannot be used for TLS: make an EC, Ed25519 or RSA key"
            raise CredsError(message) from error


def _endpoint(endpoint: Endpoint | str) -> Endpoint:
    try:
        return Endpoint(endpoint)
    except ValueError as error:
        message = f"unknown endpoint {endpoint!r}: it is client or server"
        raise CredsError(message) from error


def _verify_mode(*, server: bool, verify_peer: bool) -> int:
    if not verify_peer:
        return SSL.VERIFY_NONE
    return SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT if server else SSL.VERIFY_PEER


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _build(*, dir: Path | str, endpoint: str, verify_peer: bool) -> X509Creds:  # noqa: A002 - QEMU's name
    return X509Creds(dir, endpoint, verify_peer=verify_peer)


TLS_CREDS_X509 = ObjectType(
    "tls-creds-x509",
    {
        "dir": Property("path", required=True, doc="the directory of the PEM files"),
        "endpoint": Property("text", default="client", doc="client or server"),
        "verify-peer": Property("bool", default=True, doc="whether the peer has to prove who it is"),
    },
    _build,
)
"""``--object tls-creds-x509,id=…,dir=…,endpoint=…,verify-peer=…``."""
