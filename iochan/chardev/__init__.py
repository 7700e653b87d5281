"""Character devices."""

from __future__ import annotations
