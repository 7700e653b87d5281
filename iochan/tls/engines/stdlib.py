"""The engine over Python's own ``ssl``: the system's OpenSSL with the system's policy.

It knows less than pyOpenSSL, as `iochan.tls.ability` tells. It asks nobody during the handshake, so the
peer's name is checked when its last message has come and before ours goes: a refused peer sees the
connection end, and no alert.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import ClassVar, cast

from cryptography import x509
from typing_extensions import override

from iochan.core.buffers import Room
from iochan.core.errors import PeerRejected, show_text
from iochan.tls.ability import Ability
from iochan.tls.codec import RECORD
from iochan.tls.engines.engine import Engine, lacking
from iochan.tls.engines.library import Errors, LibraryCodec
from iochan.tls.engines.stdlibcontext import make_context, reasons
from iochan.tls.peercheck import PeerCheck
from iochan.tls.priority import Priority
from iochan.tls.settings import Plan
from iochan.tls.unreadable import UNREADABLE
from iochan.tls.verifytext import verify_text

__all__ = ["StdlibCodec", "StdlibEngine"]


class StdlibCodec(LibraryCodec):
    """One session of *context*."""

    WANT_READ: ClassVar[Errors] = (ssl.SSLWantReadError,)
    ZERO_RETURN: ClassVar[Errors] = (ssl.SSLZeroReturnError,)
    CUT: ClassVar[Errors] = (ssl.SSLEOFError, ssl.SSLSyscallError)
    ERRORS: ClassVar[Errors] = (ssl.SSLError,)

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
        alpn: tuple[str, ...] = (),
    ) -> None:
        super().__init__(server=server, check=check, alpn=alpn)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_side=server, server_hostname=server_name)
        self._early = b""
        self._early_end: Exception | None = None

    @override
    def shake(self) -> None:
        self._object.do_handshake()

    @override
    def step(self) -> bool:
        done = super().step()
        if done:
            certificate = self.peer_certificate()
            if certificate is not None and not self.check.check_certificate(lambda: certificate):
                # Our last message would tell the peer that all is well.
                self._out.read()
                self.has_output = False
                failure = self.check.take_failure()
                raise AssertionError("a refusal has its reason") if failure is None else failure
        return done

    @override
    def feed(self, wire: memoryview) -> None:
        self._in.write(wire)

    @override
    def end_wire(self) -> None:
        self._in.write_eof()

    @override
    def open_into(self, view: Room) -> int:
        if self._early:
            got = min(len(view), len(self._early))
            view[:got], self._early = self._early[:got], self._early[got:]
            return got
        if self._early_end is not None:
            raise self._early_end
        # With a buffer it returns a count, whatever typeshed says.
        return cast(int, self._object.read(len(view), view))

    @override
    def put(self, data: memoryview) -> int:
        return self._object.write(data)

    @override
    def take(self, room: memoryview) -> int:
        data = self._out.read(len(room))
        room[: len(data)] = data
        return len(data)

    @override
    def say_goodbye(self) -> None:
        # Python's unwrap also looks for the peer's goodbye, and would stumble over bytes before it.
        try:
            while data := self._object.read(RECORD):
                self._early += data
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._early_end = error
        with suppress(ssl.SSLWantReadError):
            self._object.unwrap()

    @override
    def reasons(self, error: Exception) -> list[str]:
        return reasons(error)

    @override
    def verify_text(self, error: Exception) -> str:
        code = getattr(error, "verify_code", 0)
        return verify_text(code) if code else "no reason given"

    @override
    def version(self) -> str:
        return self._object.version() or "none"

    @override
    def cipher(self) -> str:
        found = self._object.cipher()
        return found[0] if found else "none"

    @override
    def group(self) -> str | None:
        return None

    @override
    def alpn(self) -> str | None:
        return self._object.selected_alpn_protocol()

    @override
    def export(self, label: bytes, size: int, context: bytes | None) -> bytes:
        raise lacking(StdlibEngine.name, Ability.EXPORTER)

    @override
    def session(self) -> object | None:
        found = self._object.session
        return found if found is not None and found.has_ticket else None

    @override
    def resume(self, session: object) -> None:
        if isinstance(session, ssl.SSLSession):
            self._object.session = session

    @override
    def resumed(self) -> bool | None:
        return self._object.session_reused

    @override
    def peer_certificate(self) -> x509.Certificate | None:
        der = self._object.getpeercert(binary_form=True)
        return None if der is None else _parse(der)

    @override
    def peer_chain(self) -> list[x509.Certificate]:
        find = getattr(self._object, "get_unverified_chain", None)
        if find is None:
            own = self.peer_certificate()
            return [] if own is None else [own]
        return [_parse(der) for der in find()]


def _parse(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE as error:
        message = f"the peer's certificate cannot be read ({show_text(str(error))}): reissue it"
        raise PeerRejected(message) from error


class StdlibEngine(Engine):
    """Python's own ``ssl``."""

    name = "ssl"

    @override
    def build(self, plan: Plan, priority: Priority, groups: str | None) -> ssl.SSLContext:
        return make_context(plan, priority)

    @override
    def codec(
        self,
        context: ssl.SSLContext,
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
        alpn: tuple[str, ...] = (),
    ) -> StdlibCodec:
        return StdlibCodec(context, server=server, server_name=server_name, check=check, alpn=alpn)
