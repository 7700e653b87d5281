"""A real handshake, on which the input is let loose at one of its stages, on one of the two sides.

The first byte is the stage, the second the side and the kind of credentials, and the rest goes in the place
of what the peer would have said, whole or, where the third byte is odd, as an exclusive or upon it.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from iochan.core.errors import CredsError, ProtocolError, TruncatedError
from iochan.core.scratch import SCRATCH_SIZE
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.anon import AnonCreds
from iochan.tls.codec import TlsCodec
from iochan.tls.creds import TlsCreds
from iochan.tls.psk import PskCreds
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds

REFUSALS = (ProtocolError, CredsError, TruncatedError)
HEAD = 3
STAGES = 8
OLD = Settings("NORMAL:-VERS-TLS1.3")
STDLIB = Settings(engine="ssl")


@cache
def creds() -> list[tuple[TlsCreds, TlsCreds]]:
    """Return a client's and a server's credentials of each kind and engine, made once."""
    with tempfile.TemporaryDirectory() as directory:
        pki = ThrowAwayPki(Path(directory))
        (pki.dir / "keys.psk").write_text("qemu:00112233445566778899aabbccddeeff\n")
        return [
            (X509Creds(pki.dir, "client"), X509Creds(pki.dir, "server")),
            (X509Creds(pki.dir, "client", settings=OLD), X509Creds(pki.dir, "server")),
            (PskCreds(pki.dir, "client"), PskCreds(pki.dir, "server")),
            (AnonCreds("client"), AnonCreds("server")),
            (X509Creds(pki.dir, "client", settings=STDLIB), X509Creds(pki.dir, "server", settings=STDLIB)),
        ]


def one_input(data: bytes) -> None:
    """Check one input; any exception but a refusal is a finding."""
    if len(data) < HEAD:
        return
    stage, side, mode = data[0] % STAGES, data[1] % 2, data[2] % 2
    client, server = creds()[data[1] // 2 % len(creds())]
    ends = (
        client.engine.codec(client.context, server=False, server_name="localhost"),
        server.engine.codec(server.context, server=True),
    )
    try:
        _play(ends, stage, side, data[HEAD:], flip=mode == 1)
    except REFUSALS:
        return
    finally:
        for end in ends:
            end.close()


def _play(ends: tuple[TlsCodec, TlsCodec], stage: int, side: int, data: bytes, *, flip: bool) -> None:
    """Let the two talk until *stage*, and say *data* to the end *side* instead of what follows."""
    done = [False, False]
    room = memoryview(bytearray(SCRATCH_SIZE))
    for turn in range(STAGES + 2):
        me = turn % 2
        said = b""
        if not done[me]:
            done[me] = ends[me].step()
        said = b"".join(ends[me].outgoing(room))
        hit = turn >= stage and me != side
        if hit:
            said = (
                bytes(a ^ b for a, b in zip(said, data.ljust(len(said), b"\0"), strict=False))
                if flip
                else data
            )
        ends[1 - me].receive(memoryview(said)) if said else None
        if hit:
            if not done[side]:
                done[side] = ends[side].step()
            if done[side]:
                ends[side].decode_into(bytearray(64))
            return
