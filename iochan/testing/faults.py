"""Channels that misbehave on purpose: what parsers and layers have to survive."""

from __future__ import annotations

from iochan.layers.delay import DelayLayer
from iochan.layers.fault import BreakLayer, ClogLayer, DribbleLayer, StutterLayer, TruncateLayer

__all__ = ["BreakLayer", "ClogLayer", "DelayLayer", "DribbleLayer", "StutterLayer", "TruncateLayer"]
