"""What a TLS layer knows of its session: ask any channel above it with ``extra``."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509

from iochan.core.attribute import Attribute

__all__ = [
    "TLS_ALPN",
    "TLS_CHANNEL_BINDING",
    "TLS_CIPHER",
    "TLS_EXPORTER",
    "TLS_GROUP",
    "TLS_PEER_CERTIFICATE",
    "TLS_PEER_CHAIN",
    "TLS_PEER_NAME",
    "TLS_PEER_NAMES",
    "TLS_RESUMED",
    "TLS_VERSION",
]

TLS_ALPN: Attribute[str | None] = Attribute("TLS application protocol")
"""The application protocol that both agreed on; None if they did not."""

TLS_CHANNEL_BINDING: Attribute[bytes] = Attribute("TLS channel binding")
"""What both ends of this one session know and nobody else, of the type ``tls-exporter`` (RFC 9266)."""

TLS_EXPORTER: Attribute[Callable[..., bytes]] = Attribute("TLS exporter")
"""`iochan.tls.session.Session.export`, which makes keys for other protocols."""

TLS_RESUMED: Attribute[bool | None] = Attribute("TLS session resumed")
"""Whether the session goes on from an earlier one; None where the engine cannot tell."""

TLS_VERSION: Attribute[str] = Attribute("TLS version")
"""The protocol, such as ``TLSv1.3``."""

TLS_CIPHER: Attribute[str] = Attribute("TLS cipher suite")
"""The suite's name as OpenSSL has it."""

TLS_GROUP: Attribute[str | None] = Attribute("TLS key exchange group")
"""The group's name, such as ``X25519MLKEM768``; None where the engine cannot tell."""

TLS_PEER_CERTIFICATE: Attribute[x509.Certificate | None] = Attribute("TLS peer certificate")
"""The peer's own certificate; None if it sent none."""

TLS_PEER_CHAIN: Attribute[list[x509.Certificate]] = Attribute("TLS peer chain")
"""The certificates that the peer sent, its own first."""

TLS_PEER_NAME: Attribute[str | None] = Attribute("TLS peer name")
"""The distinguished name of the peer's verified certificate, as GnuTLS prints it, or the user of its
pre-shared key; None without either."""

TLS_PEER_NAMES: Attribute[list[str]] = Attribute("TLS peer names")
"""The alternative names of the peer's verified certificate with their kinds, such as ``DNS:a.example``."""
