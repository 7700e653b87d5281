"""Joining two channels, and a service that joins whoever comes with somebody else."""

from __future__ import annotations

from iochan.relay.pump import Traffic, pump_op
from iochan.relay.service import Relay, RelayLimits

__all__ = ["Relay", "RelayLimits", "Traffic", "pump_op"]
