"""What sessions are to be made of, in words that every engine understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iochan.core.errors import CredsError, show_text
from iochan.tls.endpoint import Endpoint
from iochan.tls.material import Material
from iochan.tls.ocsp import OcspPolicy
from iochan.tls.priority import Kind

__all__ = ["MAX_ALPN", "Plan", "Settings"]

MAX_ALPN = 255
"""Bytes of one application protocol's name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What credentials say about sessions beside who may have one.

    Attributes:
        priority: Versions, ciphers and groups, as `iochan.tls.priority` reads them; None for the default.
        groups: Groups for the key exchange, before those of *priority*; None for these.
        alpn: Application protocols in the order of preference.
        keylog: A file that the keys of every session are added to, for Wireshark: whoever has it reads
            all that passes. None for no such thing.
        resume: Whether a client goes on from its last session with the same host name, if that ended in
            order: no certificates are sent then, and those of the first time are checked again.
        engine: Which library does the cryptography, as `iochan.tls.engines.select` knows it; None for its
            choice.
        watch: Whether a new session looks whether the credentials' files changed, and reads them anew then;
            while they are bad, what was loaded before goes on and the log tells.
        ocsp: What a client wants of the answer of the CA's responder that a server may send along.
    """

    priority: str | None = None
    groups: str | None = None
    alpn: tuple[str, ...] = ()
    keylog: Path | None = None
    resume: bool = False
    engine: str | None = None
    watch: bool = False
    ocsp: OcspPolicy = OcspPolicy.OFF

    def protocols(self) -> list[bytes]:
        """Return the application protocols as TLS has them.

        Raises:
            CredsError: A name is empty or too long.
        """
        found = [name.encode() for name in self.alpn]
        for protocol in found:
            if not 0 < len(protocol) <= MAX_ALPN:
                message = f"ALPN name {show_text(protocol.decode())} is none: write 1 to {MAX_ALPN} bytes"
                raise CredsError(message)
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an engine makes the context of sessions from.

    Attributes:
        endpoint: Which side.
        kind: What proves the peers.
        settings: What the sessions are made of.
        verify_peer: Whether the peer must show a certificate that *material* vouches for.
        material: Certificates and keys, for X.509.
        keys: The pre-shared keys by their users' names.
        username: The one that a client uses.
        parameters: The DH parameters of an anonymous server, as PEM, behind the name that they have in
            messages.
    """

    endpoint: Endpoint
    kind: Kind
    settings: Settings
    verify_peer: bool = False
    material: Material | None = None
    keys: Mapping[str, bytes] | None = None
    username: str | None = None
    parameters: tuple[str, bytes] | None = None
