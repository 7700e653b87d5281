"""RA2, both roles: any bytes are answered, or refused with a documented error.

The first byte says whether they come to a server, or to a client, from the first byte on; or to a server from
a client that has made the keys as it should, in messages that are what they say they are.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from fuzz.step import drive, hear
from iochan.channels.pair import MemoryChannel, memory_pair
from iochan.core.errors import IochanError
from iochan.crypto.rsa import RsaPrivateKey
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.ra2 import Ra2, admit_by_ra2_op, log_in_by_ra2_op
from iochan.vnc.ra2codec import Ra2Messages

KEY = RsaPrivateKey.from_pem((Path(__file__).parents[1] / "ra2-key.pem").read_bytes())
PACKED = struct.pack(">I", KEY.bits) + KEY.modulus.to_bytes(256, "big") + KEY.exponent.to_bytes(256, "big")
WORD = Secret(b"sesame")
MESSAGE = 600
BEHIND = 2


def one_input(data: bytes) -> None:
    """Take one side's bytes."""
    if data and data[0] % 3 == BEHIND:
        behind_the_keys(data[1:], *memory_pair(1 << 17))
        return
    hear(
        data,
        (
            lambda channel: admit_by_ra2_op(channel, Ra2(KEY), users=True),
            lambda channel: log_in_by_ra2_op(channel, codes.RA2_256, "joe", WORD, KEY.fingerprint()),
        ),
    )


def behind_the_keys(data: bytes, near: MemoryChannel, far: MemoryChannel) -> None:
    """Agree on keys with a server, then say *data* in messages, each with its length before it."""
    op = admit_by_ra2_op(near, Ra2(KEY), users=True)
    told = bytes(32)
    try:
        far.write_all(PACKED + struct.pack(">H", 256) + KEY.encrypt(told))
        next(op)
        far.read_exactly(len(PACKED))
        secret = KEY.decrypt(far.read_exactly(2 + 256)[2:])
        ours = Ra2Messages("aes-256", hashlib.sha256(secret + told).digest())
        far.write_all(ours.seal(hashlib.sha256(PACKED + PACKED).digest()))
        while data:
            size = data[0] % MESSAGE
            piece, data = data[1 : 1 + size], data[1 + size :]
            if piece:
                far.write_all(ours.seal(piece))
        far.write_eof()
    except (StopIteration, IochanError):
        pass
    drive(op, near, far)
