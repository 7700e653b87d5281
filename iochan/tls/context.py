"""Making the one context that all sessions of some credentials come from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from OpenSSL import SSL, crypto

from iochan.core.errors import CredsError, show_text
from iochan.tls.creds import Endpoint
from iochan.tls.engines.bindings import set_groups, set_verify
from iochan.tls.engines.pyopenssl import note_verify
from iochan.tls.material import KeyPair, Material
from iochan.tls.priority import Kind, parse_groups, parse_priority

__all__ = ["Settings", "make_context", "use_material"]

_MAX_ALPN = 255


@dataclass(frozen=True, slots=True)
class Settings:
    """What credentials say about sessions beside who may have one.

    Attributes:
        priority: Versions, ciphers and groups, as `iochan.tls.priority` reads them; None for the default.
        groups: Groups for the key exchange, before those of *priority*; None for these.
        alpn: Application protocols in the order of preference.
        keylog: A file that the keys of every session are added to, for Wireshark: whoever has it reads
            all that passes. None for no such thing.
        resume: Whether a client goes on from its last session with the same host name, if that ended in
            order: no certificates are sent then, and those of the first time are checked again.
    """

    priority: str | None = None
    groups: str | None = None
    alpn: tuple[str, ...] = ()
    keylog: Path | None = None
    resume: bool = False


_NO_AUTO_CHAIN: Final = 0x08
"""``SSL_MODE_NO_AUTO_CHAIN``, which pyOpenSSL has no name for."""


def make_context(endpoint: Endpoint, kind: Kind, settings: Settings) -> SSL.Context:
    """Return a new context without any credentials, which verifies nobody.

    No renegotiation and no compression; sessions of a server that are resumed are stateless tickets.

    Raises:
        CredsError: *settings* say something that is unknown or cannot be had.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD if endpoint is Endpoint.SERVER else SSL.TLS_CLIENT_METHOD)
    priority = parse_priority(settings.priority, kind)
    context.set_min_proto_version(priority.lowest)
    context.set_max_proto_version(priority.highest)
    # After its handshake a session must never need to write in order to read.
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    # A certificate's file has the chain to send, as GnuTLS has it. Else OpenSSL would look for one among the
    # trusted CAs in every handshake, and send the root as well.
    context.set_mode(_NO_AUTO_CHAIN)
    try:
        if priority.ciphers:
            context.set_cipher_list(priority.ciphers.encode())
        if priority.suites is not None:
            context.set_tls13_ciphersuites(priority.suites.encode())
    except SSL.Error as error:
        message = (
            f"priority {show_text(settings.priority or '')}: OpenSSL knows none of it: see openssl ciphers"
        )
        raise CredsError(message) from error
    groups = priority.groups if settings.groups is None else parse_groups(settings.groups)
    if groups is not None:
        set_groups(context, groups)
    if endpoint is Endpoint.SERVER:
        context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
        # OpenSSL resumes no session that verified its peer unless the context has a name of its own.
        context.set_session_id(b"iochan")
    if settings.alpn:
        _set_alpn(context, endpoint, settings.alpn)
    if settings.keylog is not None:
        _set_keylog(context, settings.keylog)
    return context


def use_material(context: SSL.Context, material: Material, *, verify_peer: bool) -> None:
    """Let sessions of *context* trust the CAs and use the identities of *material*.

    Raises:
        CredsError: OpenSSL refuses one of the identities.
    """
    mode = SSL.VERIFY_NONE
    if verify_peer:
        mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    set_verify(context, mode, note_verify)
    store = context.get_cert_store()
    if store is None:
        raise AssertionError("a new context has a store")
    for certificate in material.authorities:
        store.add_cert(crypto.X509.from_cryptography(certificate))
        if verify_peer and material.endpoint is Endpoint.SERVER:
            # So that a client with several certificates knows which one to send (RFC 8446, 4.2.4).
            context.add_client_ca(certificate)
    for crl in material.crls:
        store.add_crl(crl)
    if material.crls:
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)
    _use_identities(context, material.identities)


def _use_identities(context: SSL.Context, identities: Sequence[KeyPair]) -> None:
    # OpenSSL has one place for each kind of key.
    kinds: set[type] = set()
    sent: list[x509.Certificate] = []
    for pair in identities:
        if type(pair.key) in kinds:
            message = (
                f"{pair.key_file}: a key of this kind stands in another identity already: "
                "give each identity a key of another kind, such as EC, RSA and Ed25519"
            )
            raise CredsError(message)
        kinds.add(type(pair.key))
        _use_identity(context, pair, sent)


def _use_identity(context: SSL.Context, pair: KeyPair, sent: list[x509.Certificate]) -> None:
    own, *intermediates = pair.chain
    try:
        context.use_certificate(own)
        context.use_privatekey(pair.key)
        for certificate in intermediates:
            if certificate not in sent:
                sent.append(certificate)
                context.add_extra_chain_cert(certificate)
    except SSL.Error as error:
        message = f"{pair.certificate_file}: refused by OpenSSL, its key or its hash is too weak: reissue it"
        raise CredsError(message) from error


def _set_keylog(context: SSL.Context, path: Path) -> None:
    def open_file() -> int:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    try:
        os.close(open_file())
    except OSError as error:
        message = f"{path}: no keys can be written there ({error.strerror}): name another file"
        raise CredsError(message) from error

    def note(_connection: SSL.Connection, line: bytes) -> None:
        try:
            descriptor = open_file()
        except OSError:
            # The file is gone: the sessions go on, and pyOpenSSL has nowhere to raise to.
            return
        with os.fdopen(descriptor, "ab") as file:
            file.write(line + b"\n")

    context.set_keylog_callback(note)


def _set_alpn(context: SSL.Context, endpoint: Endpoint, names: Sequence[str]) -> None:
    protocols = [name.encode() for name in names]
    for protocol in protocols:
        if not 0 < len(protocol) <= _MAX_ALPN:
            message = f"ALPN name {show_text(protocol.decode())} is none: write 1 to {_MAX_ALPN} bytes"
            raise CredsError(message)
    if endpoint is Endpoint.CLIENT:
        context.set_alpn_protos(protocols)
        return

    def choose(_connection: SSL.Connection, offered: list[bytes]) -> Any:  # noqa: ANN401 - pyOpenSSL's constant
        return next((one for one in protocols if one in offered), SSL.NO_OVERLAPPING_PROTOCOLS)

    context.set_alpn_select_callback(choose)
