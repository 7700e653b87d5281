"""RA2: RSA keys of both sides make the keys of a connection, and then comes a password. Both sides of it.

The specification of the community and RealVNC's RSA-AES: 5 and 129 (with AES-256 and SHA-256) encrypt the
whole connection from then on, 6 and 130 ("ne") end the encryption before the verdict. Nothing vouches for the
server's key: a client has to know its fingerprint.
"""

from __future__ import annotations

import functools
import hmac
import struct
from dataclasses import dataclass
from typing import Final

from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import CryptoError
from iochan.core.op import Op
from iochan.crypto import hash_bytes, random_bytes
from iochan.crypto.eax import TAG_LENGTH
from iochan.crypto.rsa import RsaPrivateKey, RsaPublicKey
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.errors import LoginFailed, RfbError, RfbLimit, SecurityMismatch
from iochan.vnc.ra2codec import HEAD, Ra2Codec, Ra2Messages

__all__ = ["MAX_KEY", "MIN_KEY", "Ra2", "admit_by_ra2_op", "log_in_by_ra2_op"]

MIN_KEY: Final = 1024
MAX_KEY: Final = 8192
"""Bits of a peer's key, as TigerVNC and noVNC have it."""
_MIN_OWN: Final = 2048
_MAX_WORD: Final = 255
_MAX_HANDSHAKE: Final = 2 + 2 * _MAX_WORD
"""Bytes of a message before the peer has proved who it is: two words with their lengths are the longest."""
_BITS: Final = struct.Struct(">I")
_ASKS_USER: Final = 1
_ASKS_PASSWORD: Final = 2


@dataclass(frozen=True, slots=True)
class _Variant:
    """What a security type does. *size* is that of the random numbers."""

    cipher: str
    digest: str
    size: int
    whole: bool

    def key(self, first: bytes, second: bytes) -> bytes:
        return hash_bytes(self.digest, first + second)[: self.size]


_VARIANTS: Final = {
    codes.RA2: _Variant("aes-128", "sha1", 16, whole=True),
    codes.RA2_NE: _Variant("aes-128", "sha1", 16, whole=False),
    codes.RA2_256: _Variant("aes-256", "sha256", 32, whole=True),
    codes.RA2_NE_256: _Variant("aes-256", "sha256", 32, whole=False),
}


@dataclass(frozen=True, slots=True)
class Ra2:
    """How a server does it.

    Attributes:
        key: The server's, of 2048 to 8192 bits, which it keeps: clients know it by its fingerprint.
        type: The security type: `codes.RA2_256`, or another one of the four for viewers that lack it. With
            `codes.RA2_NE`, the only one of noVNC, nothing but the password is hidden.

    Raises:
        ValueError: *key* or *type* is another.
    """

    key: RsaPrivateKey
    type: int = codes.RA2_256

    def __post_init__(self) -> None:
        if self.type not in _VARIANTS:
            message = f"security type {self.type} is none of RA2: they are {', '.join(map(str, _VARIANTS))}"
            raise ValueError(message)
        if not _MIN_OWN <= self.key.bits <= MAX_KEY:
            message = f"an RSA key of {self.key.bits} bits for RA2: make one of {_MIN_OWN} to {MAX_KEY}"
            raise ValueError(message)

    @property
    def shown(self) -> str:
        """The fingerprint of the key as viewers show it, such as ``24-7a-…``: half of a SHA-1."""
        return hash_bytes("sha1", _packed(self.key))[:8].hex("-")


class _Link:
    """The messages of a handshake, and what becomes of the channel after it."""

    def __init__(self, channel: Channel, variant: _Variant, ours: bytes, theirs: bytes) -> None:
        self._channel = channel
        self._incoming = Ra2Messages(variant.cipher, variant.key(ours, theirs))
        self._outgoing = Ra2Messages(variant.cipher, variant.key(theirs, ours))
        self._whole = variant.whole
        self._rest = b""

    def write_op(self, data: bytes) -> Op[None]:
        yield from self._channel.write_all_op(self._outgoing.seal(data))

    def read_op(self, count: int) -> Op[bytes]:
        while len(self._rest) < count:
            head = yield from self._channel.read_exactly_op(HEAD.size)
            (size,) = HEAD.unpack(head)
            if not 0 < size <= _MAX_HANDSHAKE:
                message = f"{size} bytes in a message of RA2's handshake: 1 to {_MAX_HANDSHAKE} are taken"
                raise RfbLimit(message)
            body = yield from self._channel.read_exactly_op(size + TAG_LENGTH)
            self._rest += self._incoming.open(head, body)
        data, self._rest = self._rest[:count], self._rest[count:]
        return data

    def read_word_op(self) -> Op[bytes]:
        size = (yield from self.read_op(1))[0]
        return (yield from self.read_op(size))

    def end_op(self) -> Op[Channel]:
        """Return the channel to go on with."""
        if self._rest:
            message = f"{len(self._rest)} bytes behind the last of RA2's handshake, in its own message"
            raise RfbError(message)
        if not self._whole:
            return self._channel
        layer = CodecLayer(self._channel, Ra2Codec(self._incoming, self._outgoing), "ra2")
        yield from layer.handshake_op()  # which has nothing left to do
        return layer


def admit_by_ra2_op(channel: Channel, ra2: Ra2, *, users: bool) -> Op[tuple[Channel, str, Secret]]:
    """Ask the client on *channel* for a password, and for a name if *users* is set, as a server.

    Returns:
        The channel to go on with, the name (empty if none was asked for) and the password, which is for the
        caller to check.

    Raises:
        RfbError: The client breaks the protocol, or somebody in between does.
    """
    variant = _VARIANTS[ra2.type]
    yield from channel.write_all_op(_packed(ra2.key))
    key = yield from _read_key_op(channel, "client")
    link = yield from _agree_op(channel, variant, ra2.key, key)
    yield from link.write_op(bytes([_ASKS_USER if users else _ASKS_PASSWORD]))
    name = yield from link.read_word_op()
    password = yield from link.read_word_op()
    channel = yield from link.end_op()
    try:
        return channel, name.decode() if users else "", Secret(password)
    except UnicodeDecodeError:
        message = f"a user's name that is no UTF-8, of {len(name)} bytes"
        raise RfbError(message) from None


def log_in_by_ra2_op(
    channel: Channel, number: int, user: str | None, password: Secret, fingerprint: str
) -> Op[Channel]:
    """Prove to the server on *channel* who we are by security type *number*; return the channel to go on.

    Args:
        channel: Where the server is about to send its key.
        number: One of the four of RA2.
        user: Our name there, for a server that asks for it.
        password: Ours.
        fingerprint: Of the server's key, as `RsaPublicKey.fingerprint` has it, with or without colons.

    Raises:
        LoginFailed: The server's key is another one, or ours are too long.
        SecurityMismatch: It asks for a user, and there is none.
        RfbError: It breaks the protocol, or somebody in between does.
    """
    own = _own_key()
    key = yield from _read_key_op(channel, "server")
    found = key.fingerprint()
    if not hmac.compare_digest(found.encode(), fingerprint.lower().replace(":", "").encode()):
        message = (
            f"the server's RSA key has the fingerprint {found}, which is not the one that was given: "
            "somebody may be in between; if the server has a new key, ask for its fingerprint"
        )
        raise LoginFailed(message)
    yield from channel.write_all_op(_packed(own))
    link = yield from _agree_op(channel, _VARIANTS[number], own, key)
    asked = (yield from link.read_op(1))[0]
    if asked not in {_ASKS_USER, _ASKS_PASSWORD}:
        message = f"the server asks for {asked}, and RA2 has 1 (a user and a password) and 2 (a password)"
        raise RfbError(message)
    if asked == _ASKS_USER and user is None:
        message = "the server asks for a user: give a name beside the password"
        raise SecurityMismatch(message)
    name = (user or "").encode() if asked == _ASKS_USER else b""
    yield from link.write_op(_word("user's name", name) + _word("password", password.as_bytes()))
    return (yield from link.end_op())


def _word(what: str, data: bytes) -> bytes:
    if len(data) > _MAX_WORD:
        message = f"the {what} has {len(data)} bytes: RA2 carries {_MAX_WORD} at most"
        raise LoginFailed(message)
    return bytes([len(data)]) + data


def _agree_op(channel: Channel, variant: _Variant, own: RsaPrivateKey, key: RsaPublicKey) -> Op[_Link]:
    """Make the keys of the connection, as each side has the other's *key*, and make sure that they agree."""
    secret = random_bytes(variant.size)
    try:
        hidden = key.encrypt(secret)
    except CryptoError as error:
        message = f"an RSA key of the peer that cannot be used: {error}"
        raise RfbError(message) from error
    yield from channel.write_all_op(HEAD.pack(len(hidden)) + hidden)
    (size,) = HEAD.unpack((yield from channel.read_exactly_op(HEAD.size)))
    if size != own.size:
        message = f"a random number of {size} encrypted bytes: our key makes {own.size}"
        raise RfbError(message)
    told = _reveal(own, (yield from channel.read_exactly_op(own.size)), variant.size)
    link = _Link(channel, variant, secret, told)
    ours, theirs = _packed(own), _packed(key)
    yield from link.write_op(hash_bytes(variant.digest, ours + theirs))
    wanted = hash_bytes(variant.digest, theirs + ours)
    if not hmac.compare_digest((yield from link.read_op(len(wanted))), wanted):
        message = "the peer saw other RSA keys than we did: somebody is in between"
        raise RfbError(message)
    return link


def _reveal(own: RsaPrivateKey, data: bytes, size: int) -> bytes:
    """Return the peer's random number.

    What is none gives another one, and fails at the next message like any that is wrong: to say so here
    would help those who try ciphertexts until one fits.
    """
    try:
        told = own.decrypt(data)
    except CryptoError:
        told = b""
    return told if len(told) == size else random_bytes(size)


@functools.cache
def _own_key() -> RsaPrivateKey:
    """The key of this process's clients, which only hides the server's random number."""
    return RsaPrivateKey.generate(_MIN_OWN)


def _packed(key: RsaPublicKey) -> bytes:
    """Return *key* as it is sent: its bits, the modulus and the exponent."""
    numbers = (number.to_bytes(key.size, "big") for number in (key.modulus, key.exponent))
    return _BITS.pack(key.bits) + b"".join(numbers)


def _read_key_op(channel: Channel, whose: str) -> Op[RsaPublicKey]:
    (bits,) = _BITS.unpack((yield from channel.read_exactly_op(_BITS.size)))
    if not MIN_KEY <= bits <= MAX_KEY:
        message = f"an RSA key of {bits} bits from the {whose}: {MIN_KEY} to {MAX_KEY} are taken"
        raise RfbLimit(message)
    size = (bits + 7) // 8
    modulus = int.from_bytes((yield from channel.read_exactly_op(size)), "big")
    exponent = int.from_bytes((yield from channel.read_exactly_op(size)), "big")
    if modulus.bit_length() != bits:
        message = f"an RSA key of {modulus.bit_length()} bits from the {whose}, which said {bits}"
        raise RfbError(message)
    try:
        return RsaPublicKey.from_numbers(modulus, exponent)
    except CryptoError as error:
        message = f"an RSA key of the {whose} that cannot be used: {error}"
        raise RfbError(message) from error
