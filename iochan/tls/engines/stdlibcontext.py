"""Making the one ``ssl.SSLContext`` that all sessions of some credentials come from."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from functools import partial

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from iochan.core.errors import CredsError, show_text
from iochan.tls.endpoint import Endpoint
from iochan.tls.identities import IdentitySets
from iochan.tls.material import KeyPair, Material
from iochan.tls.memoryfile import by_file
from iochan.tls.priority import Priority
from iochan.tls.settings import Plan

__all__ = ["make_context", "reasons"]


def make_context(plan: Plan, priority: Priority) -> ssl.SSLContext:
    """Return the context that every session of *plan* begins with.

    Raises:
        CredsError: The plan says something that OpenSSL does not know or refuses.
    """
    sets = IdentitySets(() if plan.material is None else plan.material.identities, plan.endpoint)
    contexts = [_make(plan, priority, pairs) for pairs in sets.sets]
    if len(contexts) > 1:
        contexts[0].sni_callback = partial(_switch, contexts, sets)
    return contexts[0]


def reasons(error: Exception) -> list[str]:
    """Return OpenSSL's reason of an *error* of ``ssl``, in the words of OpenSSL."""
    reason: str | None = getattr(error, "reason", None)
    return [reason.replace("_", " ").lower()] if reason else []


def _make(plan: Plan, priority: Priority, pairs: Sequence[KeyPair]) -> ssl.SSLContext:
    server = plan.endpoint is Endpoint.SERVER
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    # Names are checked by iochan, which has one rule for every engine.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if plan.verify_peer else ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion(priority.lowest)
    context.maximum_version = ssl.TLSVersion(priority.highest)
    # After its handshake a session must never need to write in order to read.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if priority.ciphers:
        _set_ciphers(context, priority.ciphers, plan.settings.priority or "")
    if plan.settings.alpn:
        _set_protocols(context, plan.settings.alpn)
    if plan.settings.keylog is not None:
        context.keylog_filename = os.fspath(plan.settings.keylog)
    if plan.parameters is not None:
        _use_parameters(context, *plan.parameters)
    if plan.material is not None:
        _use_material(context, plan.material)
        for pair in pairs:
            _use_identity(context, pair)
    return context


def _switch(
    contexts: Sequence[ssl.SSLContext],
    sets: IdentitySets,
    session: ssl.SSLSocket | ssl.SSLObject,
    name: str | None,
    _context: ssl.SSLContext,
) -> None:
    """Give *session* the identities for the name that its client asks for."""
    index = sets.find(name) if name else 0
    if index:
        session.context = contexts[index]


def _set_ciphers(context: ssl.SSLContext, ciphers: str, priority: str) -> None:
    try:
        context.set_ciphers(ciphers)
    except ssl.SSLError as error:
        message = f"priority {show_text(priority)}: OpenSSL knows none of it: see openssl ciphers"
        raise CredsError(message) from error


def _use_parameters(context: ssl.SSLContext, name: str, pem: bytes) -> None:
    try:
        by_file(pem, context.load_dh_params)
    except ssl.SSLError as error:
        message = f"{name}: holds no DH parameters that can be used: make them with openssl dhparam 2048"
        raise CredsError(message) from error


def _set_protocols(context: ssl.SSLContext, names: Sequence[str]) -> None:
    try:
        context.set_alpn_protocols(names)
    except UnicodeEncodeError as error:
        message = f"ALPN names {show_text(','.join(names))}: the engine ssl takes ASCII only: take pyopenssl"
        raise CredsError(message) from error


def _use_material(context: ssl.SSLContext, material: Material) -> None:
    authorities = b"".join(one.public_bytes(Encoding.DER) for one in material.authorities)
    context.load_verify_locations(cadata=authorities)
    if material.crls:
        lists = b"".join(one.public_bytes(Encoding.PEM) for one in material.crls)
        by_file(lists, lambda path: context.load_verify_locations(cafile=path))
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN


def _use_identity(context: ssl.SSLContext, pair: KeyPair) -> None:
    key = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in pair.chain)
    try:
        by_file(key + chain, context.load_cert_chain)
    except ssl.SSLError as error:
        raise pair.refused(reasons(error)) from error
