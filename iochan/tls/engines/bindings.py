"""The fast engine: OpenSSL's data calls on the callers' buffers, through cryptography's bindings.

The public calls allocate and copy for each record. The names used here are private ones of
``cryptography`` and pyOpenSSL; `available` tells whether this installation has them all, and
`iochan.tls.engines.pyopenssl` serves where it has not. Nothing else in iochan touches them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from OpenSSL import SSL
from typing_extensions import override

from iochan.core.buffers import Flat, Room
from iochan.core.codec import BATCH
from iochan.core.errors import CredsError, show_text
from iochan.core.scratch import SCRATCH_SIZE
from iochan.tls.codec import join_pieces
from iochan.tls.engines.pyopenssl import PyOpenSSLCodec, PyOpenSSLEngine
from iochan.tls.peercheck import PeerCheck
from iochan.tls.settings import Plan

__all__ = ["BindingsCodec", "BindingsEngine", "available"]

_SMALL: Final = 16384
_MAX_IDENTITY: Final = 256
_REJECTED: Final = 28
"""``X509_V_ERR_CERT_REJECTED``, which becomes the alert bad_certificate."""

_ALPN_OK, _ALPN_REFUSED = 0, 2
"""``SSL_TLSEXT_ERR_…``; 2 becomes the alert no_application_protocol."""

_NEEDED = (
    "SSL_read",
    "SSL_write",
    "SSL_pending",
    "SSL_set_mode",
    "SSL_MODE_RELEASE_BUFFERS",
    "BIO_read",
    "BIO_write",
    "BIO_get_mem_data",
    "SSL_CTX_set1_curves_list",
    "SSL_CTX_set_alpn_select_cb",
    "SSL_CTX_set_psk_client_callback",
    "SSL_CTX_set_psk_server_callback",
    "SSL_CTX_set_verify",
    "SSL_session_reused",
    "X509_STORE_CTX_get_error",
    "X509_STORE_CTX_set_error",
)
_lib: Any = getattr(SSL, "_lib", None)
_ffi: Any = getattr(SSL, "_ffi", None)


def available() -> bool:
    """Tell whether this installation has all that the engine needs."""
    parts = ("_ssl", "_into_ssl", "_from_ssl", "_raise_ssl_error", "_reverse_mapping")
    context = SSL.Context(SSL.TLS_METHOD)
    connection = SSL.Connection(context, None)
    return (
        _ffi is not None
        and all(hasattr(_lib, name) for name in _NEEDED)
        and getattr(_lib, "Cryptography_HAS_PSK", False)
        and all(hasattr(connection, name) for name in parts)
        and all(hasattr(context, name) for name in ("__dict__", "_context", "_verify_helper"))
    )


if available():
    _from_buffer, _NULL = _ffi.from_buffer, _ffi.NULL
    _SSL_read, _SSL_write, _SSL_pending = _lib.SSL_read, _lib.SSL_write, _lib.SSL_pending
    _BIO_read, _BIO_write, _BIO_pending = _lib.BIO_read, _lib.BIO_write, _lib.BIO_get_mem_data


class BindingsEngine(PyOpenSSLEngine):
    """OpenSSL by pyOpenSSL, with the bindings' calls where those are quicker or the only ones."""

    name = "bindings"

    @override
    def prepare(self, plan: Plan, groups: str | None, context: SSL.Context) -> None:
        super().prepare(plan, groups, context)
        if groups is not None:
            _set_groups(context, groups)
        if plan.keys is not None:
            if plan.username is None:
                _use_psk_server(context, plan.keys)
            else:
                _use_psk_client(context, plan.username, plan.keys[plan.username])

    @override
    def set_verify(self, context: SSL.Context, mode: int) -> None:
        super().set_verify(context, mode)
        helper: Any = context._verify_helper  # noqa: SLF001 - the guarded place, here and below

        # A refusal of the callback is not known to OpenSSL, which would tell the peer of an internal error.
        def ask(ok: int, store: Any) -> int:  # noqa: ANN401 - a pointer of C
            verdict: int = helper.callback(ok, store)
            if not verdict and _lib.X509_STORE_CTX_get_error(store) == 0:
                _lib.X509_STORE_CTX_set_error(store, _REJECTED)
            return verdict

        wrapped = _ffi.callback("int(int, X509_STORE_CTX *)", ask)
        _lib.SSL_CTX_set_verify(_handle(context), mode, wrapped)
        _keep(context, wrapped)

    @override
    def set_protocols(self, context: SSL.Context, protocols: Sequence[bytes]) -> None:
        # pyOpenSSL's own call cannot refuse (RFC 7301, 3.2) but by an exception, which whatever session of
        # the context is next may be given.
        def choose(_ssl: Any, out: Any, size: Any, offered: Any, total: int, _: Any) -> int:  # noqa: ANN401
            starts = _starts(_ffi.buffer(offered, total)[:])
            for protocol in protocols:
                start = starts.get(protocol)
                if start is not None:
                    out[0], size[0] = offered + start, len(protocol)
                    return _ALPN_OK
            return _ALPN_REFUSED

        wrapped = _ffi.callback(
            "int(SSL *, unsigned char **, unsigned char *, const unsigned char *, unsigned int, void *)",
            choose,
        )
        _lib.SSL_CTX_set_alpn_select_cb(_handle(context), wrapped, _NULL)
        _keep(context, wrapped)

    @override
    def codec(
        self,
        context: SSL.Context,
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
        alpn: tuple[str, ...] = (),
    ) -> BindingsCodec:
        return BindingsCodec(context, server=server, server_name=server_name, check=check, alpn=alpn)


def _starts(offered: bytes) -> dict[bytes, int]:
    """Return where in the list *offered*, each name behind its length, the names begin."""
    found: dict[bytes, int] = {}
    place = 0
    while place < len(offered):
        end = place + 1 + offered[place]
        found.setdefault(offered[place + 1 : end], place + 1)
        place = end
    return found


def _set_groups(context: SSL.Context, names: str) -> None:
    if _lib.SSL_CTX_set1_curves_list(_handle(context), names.encode()) != 1:
        _lib.ERR_clear_error()
        message = f"groups {show_text(names)}: this OpenSSL does not know all of them: leave some out"
        raise CredsError(message)


def _use_psk_client(context: SSL.Context, identity: str, key: bytes) -> None:
    name = identity.encode()

    # Called by OpenSSL, which must never see an exception.
    def answer(_ssl: Any, _hint: Any, room: Any, room_size: int, key_room: Any, key_size: int) -> int:  # noqa: ANN401
        if len(name) >= room_size or len(key) > key_size:
            return 0
        _ffi.memmove(room, name + b"\0", len(name) + 1)
        _ffi.memmove(key_room, key, len(key))
        return len(key)

    callback = _ffi.callback(
        "unsigned int(SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int)", answer
    )
    _lib.SSL_CTX_set_psk_client_callback(_handle(context), callback)
    _keep(context, callback)


def _use_psk_server(context: SSL.Context, keys: Mapping[str, bytes]) -> None:
    def answer(ssl: Any, identity: Any, room: Any, size: int) -> int:  # noqa: ANN401
        name = _ffi.string(identity, _MAX_IDENTITY).decode("utf-8", "backslashreplace")
        key = keys.get(name)
        connection = _connections().get(ssl)
        if key is None or len(key) > size or connection is None:
            return 0
        codec: PyOpenSSLCodec | None = connection.get_app_data()
        # Its name is asked for before its key is given away.
        if codec is None or not codec.check.check_identity(name):
            return 0
        _ffi.memmove(room, key, len(key))
        return len(key)

    callback = _ffi.callback("unsigned int(SSL *, const char *, unsigned char *, unsigned int)", answer)
    _lib.SSL_CTX_set_psk_server_callback(_handle(context), callback)
    # A resumed session would ask for no key, and its peer would have no name.
    context.set_options(SSL.OP_NO_TICKET)
    _keep(context, callback)


def _handle(context: SSL.Context) -> Any:  # noqa: ANN401 - a pointer of C
    return context._context  # noqa: SLF001


def _connections() -> Mapping[Any, SSL.Connection]:
    """Return pyOpenSSL's connections by what OpenSSL calls them."""
    found: Mapping[Any, SSL.Connection] = SSL.Connection._reverse_mapping  # noqa: SLF001
    return found


def _keep(context: SSL.Context, callback: object) -> None:
    """Let *callback* live as long as *context*: OpenSSL has its address only."""
    vars(context).setdefault("_iochan_kept", []).append(callback)


class BindingsCodec(PyOpenSSLCodec):
    """`PyOpenSSLCodec` with the data calls of the bindings."""

    def __init__(
        self,
        context: SSL.Context,
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
        alpn: tuple[str, ...] = (),
    ) -> None:
        super().__init__(context, server=server, server_name=server_name, check=check, alpn=alpn)
        connection: Any = self._connection
        self._ssl = connection._ssl  # noqa: SLF001 - the guarded place
        self._in_bio = connection._into_ssl  # noqa: SLF001
        self._out_bio = connection._from_ssl  # noqa: SLF001
        # Else each idle session keeps buffers of a record, twice 16 KiB.
        _lib.SSL_set_mode(self._ssl, _lib.SSL_MODE_RELEASE_BUFFERS)
        self._raise = connection._raise_ssl_error  # noqa: SLF001

    @override
    def feed(self, wire: memoryview) -> None:
        if _BIO_write(self._in_bio, _from_buffer(wire), len(wire)) != len(wire):
            message = f"OpenSSL has no memory for {len(wire)} bytes of the wire: free some"
            raise MemoryError(message)

    @override
    def open_into(self, view: Room) -> int:
        done = 0
        ssl, room, target = self._ssl, len(view), _from_buffer(view)
        while done < room:
            got = _SSL_read(ssl, target + done, room - done)
            if got <= 0:
                if not done:
                    # A traceback keeps this frame, and the collector must not meet a view that C holds.
                    del target
                    self._raise(ssl, got)
                break
            done += got
        return done

    @override
    def receive_into(self, wire: memoryview, size: int, view: Room, relaxed_eof: bool) -> int:
        # One small unit in, one small read out: what a conversation does. The rest goes the long way.
        if not 0 < size <= _SMALL or _BIO_write(self._in_bio, _from_buffer(wire), size) != size:
            return super().receive_into(wire, size, view, relaxed_eof=relaxed_eof)
        got: int = _SSL_read(self._ssl, _from_buffer(view), len(view))
        if got > 0:
            # Asking the session costs as well, and a record that did not fill the view is used up.
            self.starved = not (
                _BIO_pending(self._in_bio, _NULL) or (got == len(view) and _SSL_pending(self._ssl))
            )
            return got
        self.starved = False
        return self.decode_into(view, relaxed_eof=relaxed_eof)

    @override
    def seal(self, data: Flat, room: memoryview) -> Flat:
        size = len(data)
        if size > _SMALL or _SSL_write(self._ssl, _from_buffer(data), size) != size:
            return b""
        return room[: _BIO_read(self._out_bio, _from_buffer(room), SCRATCH_SIZE)]

    @override
    def encode(self, pieces: Sequence[Flat], room: memoryview) -> tuple[int, Sequence[Flat]]:
        self._holds_tickets = False
        data = pieces[0] if len(pieces) == 1 else join_pieces(pieces)
        size = min(len(data), BATCH)
        source = _from_buffer(data)
        done = _SSL_write(self._ssl, source, size)
        while 0 < done < size:
            # One record a call: pyOpenSSL has partial writes on.
            put = _SSL_write(self._ssl, source + done, size - done)
            if put <= 0:
                break
            done += put
        if done <= 0:
            del source  # as above
            return super().encode(pieces, room)
        return int(done), (room[: _BIO_read(self._out_bio, _from_buffer(room), len(room))],)

    @override
    def take(self, room: memoryview) -> int:
        got: int = _BIO_read(self._out_bio, _from_buffer(room), len(room))
        return max(0, got)

    @override
    def resumed(self) -> bool | None:
        return bool(_lib.SSL_session_reused(self._ssl))
