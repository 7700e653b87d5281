"""WebSocket (RFC 6455) as a stream of bytes, over any channel."""

from __future__ import annotations
