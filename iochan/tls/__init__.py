"""TLS: credentials, sessions over memory, and the layer that puts them on any channel."""

from __future__ import annotations

from iochan.tls.session import Session

__all__ = ["Session"]
