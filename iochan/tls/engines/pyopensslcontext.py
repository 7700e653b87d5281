"""Making the one context of pyOpenSSL that all sessions of some credentials come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509
from OpenSSL import SSL, crypto

from iochan.core.errors import CredsError, show_text
from iochan.tls.endpoint import Endpoint
from iochan.tls.engines.engine import SESSION_NAME
from iochan.tls.identities import IdentitySets
from iochan.tls.keylog import add_line
from iochan.tls.material import KeyPair, Material
from iochan.tls.memoryfile import by_file
from iochan.tls.ocsp import OcspPolicy
from iochan.tls.peercheck import PeerCheck
from iochan.tls.priority import Priority
from iochan.tls.settings import Plan

__all__ = ["ContextMaker", "reasons"]

_NO_AUTO_CHAIN: Final = 0x08
"""``SSL_MODE_NO_AUTO_CHAIN``, which pyOpenSSL has no name for."""


class ContextMaker:
    """Makes contexts of *plan*: one, or more where a server has identities for several names.

    Args:
        plan: What the sessions are to be.
        priority: Its priority.
        prepare: Called with each new context, for what only some engines have calls for.
    """

    def __init__(self, plan: Plan, priority: Priority, prepare: Callable[[SSL.Context], None]) -> None:
        self._plan = plan
        self._priority = priority
        self._prepare = prepare

    def make(self) -> SSL.Context:
        """Return the context that every session begins with.

        Raises:
            CredsError: The plan says something that OpenSSL does not know or refuses.
        """
        material = self._plan.material
        sets = IdentitySets(() if material is None else material.identities, self._plan.endpoint)
        first, *others = [self._make(pairs) for pairs in sets.sets]
        if others:
            contexts = [first, *others]
            first.set_tlsext_servername_callback(partial(_switch, contexts, sets))
            for other in others:
                # The callbacks of the first are the session's for ever, whatever it is switched to.
                vars(other)["_iochan_first"] = first
        return first

    def _make(self, pairs: Sequence[KeyPair]) -> SSL.Context:
        plan, settings = self._plan, self._plan.settings
        server = plan.endpoint is Endpoint.SERVER
        context = SSL.Context(SSL.TLS_SERVER_METHOD if server else SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(self._priority.lowest)
        context.set_max_proto_version(self._priority.highest)
        # After its handshake a session must never need to write in order to read.
        context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # A certificate's file has the chain to send, as GnuTLS has it. Else OpenSSL would look for one among
        # the trusted CAs in every handshake, and send the root as well.
        context.set_mode(_NO_AUTO_CHAIN)
        self._set_suites(context)
        if server:
            context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
            context.set_session_id(SESSION_NAME)
        elif settings.alpn:
            context.set_alpn_protos(settings.protocols())
        if plan.parameters is not None:
            _use_parameters(context, *plan.parameters)
        if plan.material is not None:
            _use_material(context, plan.material, verify_peer=plan.verify_peer)
            sent: list[x509.Certificate] = []
            for pair in pairs:
                _use_identity(context, pair, sent)
            if any(pair.staple is not None for pair in pairs):
                context.set_ocsp_server_callback(partial(_staple, pairs))
        self._set_callbacks(context)
        self._prepare(context)
        return context

    def _set_callbacks(self, context: SSL.Context) -> None:
        settings = self._plan.settings
        if settings.keylog is not None:
            context.set_keylog_callback(partial(_note_key, settings.keylog))
        if settings.ocsp is not OcspPolicy.OFF:
            context.set_ocsp_client_callback(_check_staple)

    def _set_suites(self, context: SSL.Context) -> None:
        try:
            if self._priority.ciphers:
                context.set_cipher_list(self._priority.ciphers.encode())
            if self._priority.suites is not None:
                context.set_tls13_ciphersuites(self._priority.suites.encode())
        except SSL.Error as error:
            text = show_text(self._plan.settings.priority or "")
            message = f"priority {text}: OpenSSL knows none of it: see openssl ciphers"
            raise CredsError(message) from error


def reasons(error: Exception) -> list[str]:
    """Return OpenSSL's reasons of pyOpenSSL's *error*."""
    queue = error.args[0] if error.args else ()
    return [entry[-1] for entry in queue if isinstance(entry, tuple) and entry[-1]]


def _switch(contexts: Sequence[SSL.Context], sets: IdentitySets, connection: SSL.Connection) -> None:
    """Give *connection* the identities for the name that its client asks for."""
    name = connection.get_servername()
    index = sets.find(name.decode("ascii", "replace")) if name else 0
    if index:
        connection.set_context(contexts[index])


def _use_material(context: SSL.Context, material: Material, *, verify_peer: bool) -> None:
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
        raise pair.refused(reasons(error)) from error


def _use_parameters(context: SSL.Context, name: str, pem: bytes) -> None:
    try:
        by_file(pem, lambda path: context.load_tmp_dh(path.encode()))
    except SSL.Error as error:
        message = f"{name}: holds no DH parameters that can be used: make them with openssl dhparam 2048"
        raise CredsError(message) from error


def _staple(pairs: Sequence[KeyPair], connection: SSL.Connection, _data: object) -> bytes:
    """Return the answer about the certificate that *connection* shows."""
    shown = connection.get_certificate(as_cryptography=True)
    staples = [pair.staple for pair in pairs if pair.staple is not None and pair.chain[0] == shown]
    return staples[0].now() if staples else b""


def _check_staple(connection: SSL.Connection, der: bytes, _data: object) -> bool:
    """Have the session's `PeerCheck` look at what the server sent; its chain has been verified by now."""
    codec = connection.get_app_data()
    if codec is None:
        return False
    check: PeerCheck = codec.check
    return check.check_staple(der, lambda: connection.get_verified_chain(as_cryptography=True) or [])


def _note_key(path: Path, _connection: SSL.Connection, line: bytes) -> None:
    add_line(path, line)
