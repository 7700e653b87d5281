"""iochan and its peers at the same work: interleaved samples, medians, ratios (``python -m benchmarks``)."""

from __future__ import annotations
