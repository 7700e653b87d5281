"""TLS input: whatever comes after a real ClientHello, or in its place, is a refusal or a wait for more.

The first byte of the input says how: odd, the bytes follow a ClientHello; even, they are all that comes.
The second says how long the pieces are that they come in.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from iochan.core.codec import STARVED
from iochan.core.errors import CredsError, ProtocolError, TruncatedError
from iochan.core.scratch import SCRATCH_SIZE
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.codec import TlsCodec
from iochan.tls.x509 import X509Creds

REFUSALS = (ProtocolError, CredsError, TruncatedError)
HEAD = 2


@cache
def creds() -> tuple[X509Creds, X509Creds]:
    """Return a client's and a server's credentials, made once."""
    with tempfile.TemporaryDirectory() as directory:
        pki = ThrowAwayPki(Path(directory))
        return X509Creds(pki.dir, "client"), X509Creds(pki.dir, "server")


def new_codec(side: int) -> TlsCodec:
    """Return the codec of a new session: 0 for a client's, 1 for a server's."""
    own = creds()[side]
    return own.engine.codec(own.context, server=side == 1, server_name=None if side else "localhost")


@cache
def client_hello() -> bytes:
    """Return what a client of ours says first."""
    codec = new_codec(0)
    assert not codec.step()
    return b"".join(codec.outgoing(memoryview(bytearray(SCRATCH_SIZE))))


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    if len(data) < HEAD:
        return
    codec = new_codec(1)
    room = memoryview(bytearray(SCRATCH_SIZE))
    size = data[1] + 1
    pieces = [data[start : start + size] for start in range(HEAD, len(data), size)]
    if data[0] % 2:
        pieces.insert(0, client_hello())
    try:
        done = False
        for piece in [*pieces, b""]:
            if done:
                assert codec.decode_into(bytearray(16)) in {0, STARVED}
            codec.receive(memoryview(piece))
            done = done or codec.step()
            codec.outgoing(room)
    except REFUSALS:
        codec.outgoing(room)
    finally:
        codec.close()
