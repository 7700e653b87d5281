"""The fast engine: OpenSSL's data calls on the callers' buffers, through cryptography's bindings.

The public calls allocate and copy for each record. The names used here are private ones of
``cryptography``; `available` tells whether this installation has them all, and
`iochan.tls.engines.pyopenssl` serves where it has not. Nothing else in iochan touches them.
"""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from typing_extensions import override

from iochan.core.buffers import Flat
from iochan.core.errors import RemoteProtocolError
from iochan.tls.engines.engine import CLOSED, WANT_READ
from iochan.tls.engines.pyopenssl import PyOpenSSLEngine

__all__ = ["BindingsEngine", "available"]

_SMALL = 16384
_NEEDED = ("SSL_read", "SSL_write", "SSL_get_error", "SSL_pending", "BIO_read", "BIO_write", "BIO_get_mem_data")
_lib: Any = getattr(SSL, "_lib", None)
_ffi: Any = getattr(SSL, "_ffi", None)


def available() -> bool:
    """Tell whether this installation has all that the engine needs."""
    return _ffi is not None and all(hasattr(_lib, name) for name in _NEEDED)


if available():
    _from_buffer = _ffi.from_buffer
    _SSL_read, _SSL_write, _SSL_get_error = _lib.SSL_read, _lib.SSL_write, _lib.SSL_get_error
    _BIO_read, _BIO_write = _lib.BIO_read, _lib.BIO_write
    _SSL_pending, _BIO_pending, _NULL = _lib.SSL_pending, _lib.BIO_get_mem_data, _ffi.NULL
    _WANT_READ, _ZERO_RETURN = _lib.SSL_ERROR_WANT_READ, _lib.SSL_ERROR_ZERO_RETURN


class BindingsEngine(PyOpenSSLEngine):
    """`PyOpenSSLEngine` with the data calls of the bindings."""

    __slots__ = ("_in_bio", "_out_bio", "_ssl")

    def __init__(self, context: SSL.Context, *, server: bool, server_name: str | None = None) -> None:
        super().__init__(context, server=server, server_name=server_name)
        connection: Any = self._connection
        self._ssl = connection._ssl  # noqa: SLF001 - the guarded place
        self._in_bio = connection._into_ssl  # noqa: SLF001
        self._out_bio = connection._from_ssl  # noqa: SLF001

    @override
    def feed(self, wire: memoryview) -> None:
        size = len(wire)
        if not size:
            super().feed(wire)
            return
        if not self._first:
            self.note_first(wire)
        if _BIO_write(self._in_bio, _from_buffer(wire), size) != size:
            message = f"OpenSSL has no memory for {size} bytes of the wire: free some"
            raise MemoryError(message)

    @override
    def read_into(self, view: memoryview) -> int:
        done = 0
        ssl, room, target = self._ssl, len(view), _from_buffer(view)
        while done < room:
            got = _SSL_read(ssl, target + done, room - done)
            if got <= 0:
                return done or self._read_failed(got)
            done += got
        return done

    @override
    def feed_into(self, wire: memoryview, view: memoryview) -> int:
        size = len(wire)
        if _BIO_write(self._in_bio, _from_buffer(wire), size) != size:
            return super().feed_into(wire, view)
        if size > _SMALL:
            self.starved = False
            return self.read_into(view)
        got = _SSL_read(self._ssl, _from_buffer(view), len(view))
        if got <= 0:
            return self._read_failed(got)
        # Asking both costs a third of a read that finds nothing.
        self.starved = not _BIO_pending(self._in_bio, _NULL) and not _SSL_pending(self._ssl)
        return int(got)

    def _read_failed(self, got: int) -> int:
        code = _SSL_get_error(self._ssl, got)
        if code == _WANT_READ:
            return WANT_READ
        if code == _ZERO_RETURN:
            return CLOSED
        try:
            self._connection._raise_ssl_error(self._ssl, got)  # type: ignore[attr-defined] # noqa: SLF001
        except SSL.SysCallError as error:
            raise self.cut() from error
        except SSL.Error as error:
            raise self.broken(error) from error
        message = f"the TLS session failed: OpenSSL error {code}"
        raise RemoteProtocolError(message)

    @override
    def seal(self, data: Flat, limit: int, room: memoryview) -> tuple[int, memoryview]:
        size = len(data)
        if size > limit:
            size = limit
        source = _from_buffer(data)
        done = _SSL_write(self._ssl, source, size)
        while 0 < done < size:
            # One record a call: pyOpenSSL has partial writes on.
            put = _SSL_write(self._ssl, source + done, size - done)
            if put <= 0:
                break
            done += put
        if done <= 0:
            self._read_failed(done)
            message = "the TLS session accepts nothing: it wants to read first, which no version allowed here does"
            raise RemoteProtocolError(message)
        return done, room[: _BIO_read(self._out_bio, _from_buffer(room), len(room))]

    @override
    def take(self, room: memoryview) -> int:
        got = _BIO_read(self._out_bio, _from_buffer(room), len(room))
        return got if got > 0 else 0
