"""The engine over pyOpenSSL's public calls.

`iochan.tls.engines.bindings` has faster and more calls where this installation of ``cryptography`` allows;
this one works everywhere.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeVar

from cryptography import x509
from OpenSSL import SSL, crypto
from typing_extensions import override

from iochan.core.buffers import Room
from iochan.core.errors import PeerRejected, show_text
from iochan.tls.codec import RECORD
from iochan.tls.endpoint import Endpoint
from iochan.tls.engines.engine import Engine
from iochan.tls.engines.library import Errors, LibraryCodec
from iochan.tls.engines.pyopensslcontext import ContextMaker, reasons
from iochan.tls.peercheck import PeerCheck
from iochan.tls.priority import Priority
from iochan.tls.settings import Plan
from iochan.tls.unreadable import UNREADABLE
from iochan.tls.verifytext import verify_text

__all__ = ["PyOpenSSLCodec", "PyOpenSSLEngine", "note_verify"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _VerifyFailure:
    """Why a certificate was refused, as OpenSSL told during the handshake."""

    depth: int
    subject: str
    reason: str

    @override
    def __str__(self) -> str:
        which = "its own certificate" if self.depth == 0 else f"the issuer {self.depth} steps above it"
        return f"{which} ({self.subject}): {self.reason}"


_NO_CRL = 3
"""``X509_V_ERR_UNABLE_TO_GET_CRL``: a CA without a list has revoked nobody, as GnuTLS has it."""


def note_verify(connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, ok: int) -> bool:
    """Take OpenSSL's verdict on each certificate, and ask the session's `PeerCheck` about the peer's own.

    The verify callback of every context that creds make; it must not raise, since pyOpenSSL would raise
    that in whatever session of the context is next.
    """
    if code == _NO_CRL and not ok:
        return True
    codec: PyOpenSSLCodec | None = connection.get_app_data()
    if codec is None:
        return bool(ok)
    if ok:
        return depth > 0 or codec.check.check_certificate(certificate.to_cryptography)
    if codec.failure is None:
        try:
            subject = certificate.to_cryptography().subject.rfc4514_string()
        except UNREADABLE:
            subject = "it cannot be read"
        codec.failure = _VerifyFailure(depth, subject or "no subject", verify_text(code))
    return False


def _choose_protocol(ours: Sequence[bytes], connection: SSL.Connection, offered: list[bytes]) -> Any:  # noqa: ANN401 - pyOpenSSL's constant
    found = next((one for one in ours if one in offered), None)
    codec: PyOpenSSLCodec | None = connection.get_app_data()
    if found is None and codec is not None:
        # The callback cannot make OpenSSL refuse but by raising, which may come out in another session.
        codec.misses_protocol = True
    return SSL.NO_OVERLAPPING_PROTOCOLS if found is None else found


class PyOpenSSLCodec(LibraryCodec):
    """One session of *context*, which pyOpenSSL freezes by its first use."""

    WANT_READ: ClassVar[Errors] = (SSL.WantReadError,)
    ZERO_RETURN: ClassVar[Errors] = (SSL.ZeroReturnError,)
    CUT: ClassVar[Errors] = (SSL.SysCallError,)
    ERRORS: ClassVar[Errors] = (SSL.Error,)

    def __init__(
        self,
        context: SSL.Context,
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
        alpn: tuple[str, ...] = (),
    ) -> None:
        super().__init__(server=server, check=check, alpn=alpn)
        self.failure: _VerifyFailure | None = None
        self.misses_protocol = False
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data(weakref.proxy(self))
        if server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
            if server_name is not None:
                self._connection.set_tlsext_host_name(server_name.encode("ascii"))
            if self.check.wants_staple:
                self._connection.request_ocsp()

    @override
    def shake(self) -> None:
        self._connection.do_handshake()

    @override
    def step(self) -> bool:
        done = super().step()
        if self.misses_protocol:
            raise self.no_protocol()
        return done

    @override
    def feed(self, wire: memoryview) -> None:
        self._connection.bio_write(bytes(wire))

    @override
    def end_wire(self) -> None:
        self._connection.bio_shutdown()

    @override
    def open_into(self, view: Room) -> int:
        return self._connection.recv_into(view, min(len(view), RECORD))

    @override
    def put(self, data: memoryview) -> int:
        return self._connection.send(data)

    @override
    def take(self, room: memoryview) -> int:
        try:
            data = self._connection.bio_read(len(room))
        except SSL.WantReadError:
            return 0
        room[: len(data)] = data
        return len(data)

    @override
    def say_goodbye(self) -> None:
        self._connection.shutdown()

    @override
    def reasons(self, error: Exception) -> list[str]:
        return reasons(error)

    @override
    def verify_text(self, error: Exception) -> str:
        return str(self.failure or "no reason given")

    @override
    def version(self) -> str:
        return self._connection.get_protocol_version_name()

    @override
    def cipher(self) -> str:
        return self._connection.get_cipher_name() or "none"

    @override
    def group(self) -> str | None:
        return self._connection.get_group_name()

    @override
    def alpn(self) -> str | None:
        return self._connection.get_alpn_proto_negotiated().decode("utf-8", "backslashreplace") or None

    @override
    def export(self, label: bytes, size: int, context: bytes | None) -> bytes:
        return self._connection.export_keying_material(label, size, context)

    @override
    def session(self) -> object | None:
        return self._connection.get_session()

    @override
    def resume(self, session: object) -> None:
        if isinstance(session, SSL.Session):
            self._connection.set_session(session)

    @override
    def resumed(self) -> bool | None:
        return None

    @override
    def peer_certificate(self) -> x509.Certificate | None:
        return _readable(partial(self._connection.get_peer_certificate, as_cryptography=True))

    @override
    def peer_chain(self) -> list[x509.Certificate]:
        own = self.peer_certificate()
        chain = _readable(partial(self._connection.get_peer_cert_chain, as_cryptography=True)) or []
        # OpenSSL leaves a client's own certificate out of what a server sees as its chain.
        return chain if own is None or own in chain else [own, *chain]


def _readable(read: Callable[[], T]) -> T:
    """Return what *read* makes of the peer's certificates, which OpenSSL may have let pass as they are."""
    try:
        return read()
    except UNREADABLE as error:
        message = f"the peer's certificate cannot be read ({show_text(str(error))}): reissue it"
        raise PeerRejected(message) from error


class PyOpenSSLEngine(Engine):
    """OpenSSL by pyOpenSSL's public calls."""

    name = "pyopenssl"

    @override
    def build(self, plan: Plan, priority: Priority, groups: str | None) -> SSL.Context:
        return ContextMaker(plan, priority, partial(self.prepare, plan, groups)).make()

    def prepare(self, plan: Plan, groups: str | None, context: SSL.Context) -> None:  # noqa: ARG002 - for who has calls for them
        """Give a new *context* what not every installation has the same calls for."""
        self.set_verify(context, _verify_mode(plan))
        protocols = plan.settings.protocols()
        if protocols and plan.endpoint is Endpoint.SERVER:
            self.set_protocols(context, protocols)

    def set_verify(self, context: SSL.Context, mode: int) -> None:
        """Have sessions of *context* ask `note_verify`."""
        context.set_verify(mode, note_verify)

    def set_protocols(self, context: SSL.Context, protocols: Sequence[bytes]) -> None:
        """Have a server's sessions of *context* speak one of *protocols*."""
        context.set_alpn_select_callback(partial(_choose_protocol, protocols))

    @override
    def codec(
        self,
        context: SSL.Context,
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
        alpn: tuple[str, ...] = (),
    ) -> PyOpenSSLCodec:
        return PyOpenSSLCodec(context, server=server, server_name=server_name, check=check, alpn=alpn)


def _verify_mode(plan: Plan) -> int:
    if plan.kind == "psk" and plan.endpoint is Endpoint.CLIENT:
        # In TLS 1.3 a server may pass the key over and show a certificate: none is ever trusted.
        return SSL.VERIFY_PEER
    return SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT if plan.verify_peer else SSL.VERIFY_NONE
