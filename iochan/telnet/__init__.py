"""Telnet (RFC 854) and serial ports over it (RFC 2217) as a stream of bytes, over any channel."""

from __future__ import annotations
