"""Layers of one idea each, which no protocol needs: they buffer, limit, delay, copy, record or break."""

from __future__ import annotations
