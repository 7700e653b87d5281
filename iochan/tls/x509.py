"""Credentials of X.509 certificates, in a directory with QEMU's file names.

============================================  ==========================================================
``ca-cert.pem``                               the CAs that vouch for the peer, one or more; mandatory
``server-cert.pem`` and ``server-key.pem``    a server's certificate, intermediates behind it, and its key
``client-cert.pem`` and ``client-key.pem``    the same of a client, which may have neither
============================================  ==========================================================
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import SSL, crypto

from iochan.core.errors import CredsError
from iochan.objects import ObjectType, Property
from iochan.tls.creds import Endpoint, TlsCreds
from iochan.tls.engines.pyopenssl import note_verify
from iochan.tls.pemfile import check_directory, check_validity, read_certificates, read_key

__all__ = ["TLS_CREDS_X509", "X509Creds"]

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"
"""What TLS 1.2 may use: forward secrecy and authenticated encryption only."""

_TLS_KEYS = (
    rsa.RSAPrivateKey,
    ec.EllipticCurvePrivateKey,
    ed25519.Ed25519PrivateKey,
    ed448.Ed448PrivateKey,
    dsa.DSAPrivateKey,
)


class X509Creds(TlsCreds):
    """Certificates and a key from *dir*, loaded and checked here and not at the first session.

    TLS 1.2 and 1.3; no renegotiation, no compression.

    Args:
        dir: The directory with the files.
        endpoint: The side that they are for, also as text: ``server`` or ``client``.
        verify_peer: Whether the peer's certificate must lead to a CA of ``ca-cert.pem``. A server
            demands one from its clients exactly when this is on (QEMU's rule).

    Raises:
        CredsError: A file is missing, unusable, or not valid now, or *endpoint* is neither side.
    """

    __slots__ = ()

    def __init__(
        self,
        dir: str | os.PathLike[str],  # noqa: A002 - QEMU's name for it
        endpoint: Endpoint | str = Endpoint.CLIENT,
        *,
        verify_peer: bool = True,
    ) -> None:
        endpoint = _side(endpoint)
        directory = Path(dir)
        check_directory(directory)
        context = _make_context(endpoint, verify_peer=verify_peer)
        _trust(context, directory / "ca-cert.pem", server=endpoint is Endpoint.SERVER)
        _identify(context, directory, endpoint)
        super().__init__(context, dir=directory, endpoint=endpoint, verify_peer=verify_peer)


def _side(endpoint: Endpoint | str) -> Endpoint:
    try:
        return Endpoint(endpoint)
    except ValueError:
        message = f"tls-creds-x509: endpoint {endpoint!r} is none: write server or client"
        raise CredsError(message) from None


def _make_context(endpoint: Endpoint, *, verify_peer: bool) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD if endpoint is Endpoint.SERVER else SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    # After its handshake a session must never need to write in order to read.
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    if endpoint is Endpoint.SERVER:
        context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
        # OpenSSL resumes no session that verified its peer unless the context has a name of its own.
        context.set_session_id(b"iochan")
    mode = SSL.VERIFY_NONE
    if verify_peer:
        mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    context.set_verify(mode, note_verify)
    return context


def _trust(context: SSL.Context, path: Path, *, server: bool) -> None:
    store = context.get_cert_store()
    if store is None:
        raise AssertionError("a new context has a store")
    for certificate in read_certificates(path):
        store.add_cert(crypto.X509.from_cryptography(certificate))
        if server:
            # So that a client with several certificates knows which one to send (RFC 8446, 4.2.4).
            context.add_client_ca(certificate)


def _identify(context: SSL.Context, directory: Path, endpoint: Endpoint) -> None:
    certificate_path = directory / f"{endpoint.value}-cert.pem"
    key_path = directory / f"{endpoint.value}-key.pem"
    if endpoint is Endpoint.CLIENT and not (_is_there(certificate_path) or _is_there(key_path)):
        return
    own, *intermediates = read_certificates(certificate_path)
    key = read_key(key_path)
    if not isinstance(key, _TLS_KEYS):
        message = f"{key_path}: a key of this kind cannot be used for TLS: make an EC or RSA key"
        raise CredsError(message)
    check_validity(certificate_path, own)
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != own.public_key().public_bytes(*form):
        message = f"{key_path}: is not the key of {certificate_path}: give the two that were made together"
        raise CredsError(message)
    try:
        context.use_certificate(own)
        context.use_privatekey(key)
        for certificate in intermediates:
            context.add_extra_chain_cert(certificate)
    except SSL.Error as error:
        message = f"{certificate_path}: refused by OpenSSL, its key or its hash is too weak: reissue it"
        raise CredsError(message) from error


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


TLS_CREDS_X509 = ObjectType(
    "tls-creds-x509",
    {
        "dir": Property("path", required=True, doc="the directory of the PEM files"),
        "endpoint": Property("text", default="client", doc="client or server"),
        "verify-peer": Property("bool", default=True, doc="whether the peer has to prove who it is"),
    },
    X509Creds,
)
"""``--object tls-creds-x509,id=…,dir=…,endpoint=…,verify-peer=…``."""
