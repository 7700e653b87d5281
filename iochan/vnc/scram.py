"""SCRAM-SHA-256 (RFC 5802, RFC 7677): both sides of it, without any I/O and without channel binding."""

from __future__ import annotations

import base64
import binascii
import hmac
import stringprep
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from iochan.core.errors import PeerRejected, show_bytes, show_text
from iochan.crypto import hash_bytes, pbkdf2, random_bytes
from iochan.crypto.mac import Hmac
from iochan.secret.value import Secret
from iochan.vnc.errors import LoginFailed, RfbError, RfbLimit

__all__ = [
    "MAX_ITERATIONS",
    "MIN_ITERATIONS",
    "ScramClient",
    "ScramServer",
    "Verifier",
    "Verifiers",
    "make_verifier",
    "prepared",
]

MIN_ITERATIONS: Final = 4096
"""The fewest iterations that a client takes from a server (RFC 7677, 4)."""
MAX_ITERATIONS: Final = 1_000_000
"""The most: a server that asks for more wants the client's time, some 0.1 s for each million."""

_NO_BINDING: Final = b"n,,"
_HEADERS: Final = (_NO_BINDING, b"y,,")
_LENGTH: Final = 32
_NONCE: Final = 18
_SALT: Final = 16
_PROHIBITED: Final = (
    stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4,
    stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
    stringprep.in_table_c9, stringprep.in_table_a1,
)  # fmt: skip
"""What SASLprep does not allow (RFC 4013, 2.3 and 2.5)."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a server keeps of a password, which makes nobody able to log in elsewhere (RFC 5802, 3).

    Attributes:
        salt: The password's own.
        iterations: Of PBKDF2.
        stored_key: Proves the client.
        server_key: Proves the server to the client.
    """

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


class Verifiers(Protocol):
    """What has verifiers by user."""

    def verifier(self, user: str) -> Verifier:
        """Return the verifier of *user*; for one that is unknown always the same one that nobody fits."""


def prepared(text: str) -> str:
    """Return *text* as SASLprep makes it (RFC 4013), or unchanged where that does not allow it.

    What is not allowed on one side is then compared as it is, as other programs do, PostgreSQL among them.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(sign) else sign for sign in text if not stringprep.in_table_b1(sign)
    )
    normal = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if any(forbids(sign) for sign in normal for forbids in _PROHIBITED):
        return text
    right = [stringprep.in_table_d1(sign) for sign in normal]
    if any(right) and not (right[0] and right[-1] and not any(map(stringprep.in_table_d2, normal))):
        return text
    return normal


def make_verifier(password: Secret, salt: bytes | None = None, iterations: int = MIN_ITERATIONS) -> Verifier:
    """Return what a server keeps of *password*; *salt* is random where it is None."""
    salt = random_bytes(_SALT) if salt is None else salt
    client_key, server_key = _keys(password, salt, iterations)
    return Verifier(salt, iterations, hash_bytes("sha256", client_key), server_key)


class ScramServer:
    """The server's side of one exchange.

    Args:
        verifiers: Who the users are.
        nonce: The server's part of the nonce, for tests; random where it is None.
    """

    def __init__(self, verifiers: Verifiers, nonce: str | None = None) -> None:
        self._verifiers = verifiers
        self._own = _nonce() if nonce is None else nonce
        self.user = ""
        """Whom the client says to be, from `challenge` on; it is true once `verdict` has returned."""

    def challenge(self, message: bytes) -> bytes:
        """Return the answer to the client's first message.

        Raises:
            RfbError: It is none, or wants what was not offered.
        """
        self._header, first = message[: len(_NO_BINDING)], message[len(_NO_BINDING) :]
        if self._header not in _HEADERS:
            said = show_bytes(message[:32])
            error = f"a SCRAM message begins {said}: only n,, and y,, are taken, without a binding or a proxy"
            raise RfbError(error)
        name, nonce = _attributes(first, "n", "r")
        if not nonce:
            error = "a SCRAM message with an empty nonce"
            raise RfbError(error)
        self.user = prepared(_unescaped(name))
        self._verifier = self._verifiers.verifier(self.user)
        self._nonce = nonce + self._own
        salt = base64.b64encode(self._verifier.salt).decode()
        reply = f"r={self._nonce},s={salt},i={self._verifier.iterations}".encode()
        self._so_far = first + b"," + reply + b","
        return reply

    def verdict(self, message: bytes) -> bytes:
        """Return the proof that the server knows the password, too, to a client that has proved it.

        Raises:
            LoginFailed: It has not.
            RfbError: It breaks the protocol.
        """
        unproved, found, proof = message.rpartition(b",p=")
        binding, nonce = _attributes(unproved, "c", "r")
        if not found or _decoded(binding) != self._header or nonce != self._nonce:
            error = "the client's last SCRAM message does not belong to its first one"
            raise RfbError(error)
        said = self._so_far + unproved
        signature = _hmac(self._verifier.stored_key, said)
        client_key = _xor(_decoded(proof.decode("ascii", "replace")), signature)
        if not hmac.compare_digest(hash_bytes("sha256", client_key), self._verifier.stored_key):
            error = "the client could not prove that it knows the password"
            raise LoginFailed(error)
        return b"v=" + base64.b64encode(_hmac(self._verifier.server_key, said))


class ScramClient:
    """The client's side of one exchange.

    Args:
        user: Who logs in.
        password: Its password.
        nonce: The client's part of the nonce, for tests; random where it is None.
    """

    def __init__(self, user: str, password: Secret, nonce: str | None = None) -> None:
        self._password = password
        self._own = _nonce() if nonce is None else nonce
        name = prepared(user).replace("=", "=3D").replace(",", "=2C")
        self._first = f"n={name},r={self._own}".encode()

    def begin(self) -> bytes:
        """Return the first message."""
        return _NO_BINDING + self._first

    def answer(self, challenge: bytes) -> bytes:
        """Return the proof that *challenge* asks for.

        Raises:
            RfbError: It is no challenge, or another client's.
            RfbLimit: Its iterations would take too long.
        """
        nonce, salt, count = _attributes(challenge, "r", "s", "i")
        if not nonce.startswith(self._own) or len(nonce) == len(self._own):
            error = "the server's SCRAM nonce is not made of ours: it is another exchange's"
            raise RfbError(error)
        iterations = int(count) if count.isdecimal() and len(count) <= len(str(MAX_ITERATIONS)) else -1
        if not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
            error = (
                f"SCRAM with {show_text(count)} iterations from the server: "
                f"{MIN_ITERATIONS} to {MAX_ITERATIONS} are taken"
            )
            raise RfbLimit(error)
        client_key, self._server_key = _keys(self._password, _decoded(salt), iterations)
        unproved = b"c=" + base64.b64encode(_NO_BINDING) + b",r=" + nonce.encode()
        self._said = self._first + b"," + challenge + b"," + unproved
        signature = _hmac(hash_bytes("sha256", client_key), self._said)
        return unproved + b",p=" + base64.b64encode(_xor(client_key, signature))

    def verify(self, final: bytes) -> None:
        """Make sure by its last message that the server knows the password.

        Raises:
            LoginFailed: It says that it does not take ours.
            PeerRejected: It could not prove it.
            RfbError: It breaks the protocol.
        """
        if final.startswith(b"e="):
            error = f"the server did not let the client in: {show_text(final[2:].decode('utf-8', 'replace'))}"
            raise LoginFailed(error)
        (signature,) = _attributes(final, "v")
        if not hmac.compare_digest(_decoded(signature), _hmac(self._server_key, self._said)):
            error = "the server could not prove that it knows the password: it is another server than it says"
            raise PeerRejected(error)


def _keys(password: Secret, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """Return the client's key and the server's."""
    secret = password.as_bytes()
    with suppress(UnicodeDecodeError):  # what is no text is taken as it is
        secret = prepared(secret.decode()).encode()
    salted = pbkdf2("sha256", secret, salt, iterations, _LENGTH)
    return _hmac(salted, b"Client Key"), _hmac(salted, b"Server Key")


def _hmac(key: bytes, message: bytes) -> bytes:
    context = Hmac("sha256", key)
    context.update(message)
    return context.digest()


def _xor(left: bytes, right: bytes) -> bytes:
    if len(left) != _LENGTH:
        error = f"a SCRAM proof of {len(left)} bytes, not {_LENGTH}"
        raise RfbError(error)
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _nonce() -> str:
    return base64.b64encode(random_bytes(_NONCE)).decode()


def _attributes(message: bytes, *names: str) -> list[str]:
    """Return the values of the attributes that *message* begins with; what follows them is left alone."""
    parts = message.decode("utf-8", "replace").split(",")
    if len(parts) < len(names) or any(
        not part.startswith(f"{name}=") for name, part in zip(names, parts, strict=False)
    ):
        error = f"a SCRAM message without its attributes {', '.join(names)}, in this order"
        raise RfbError(error)
    return [part[2:] for part in parts[: len(names)]]


def _unescaped(name: str) -> str:
    pieces = name.split("=")
    if any(piece[:2] not in {"2C", "3D"} for piece in pieces[1:]):
        error = "a SCRAM name with = that is neither =2C nor =3D"
        raise RfbError(error)
    return name.replace("=2C", ",").replace("=3D", "=")


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        error = "a SCRAM message with an attribute that is no base64"
        raise RfbError(error) from None
