"""Operations driven without a loop."""

from __future__ import annotations

from iochan.channels.pair import MemoryChannel
from iochan.core.blocked import Blocked
from iochan.core.errors import IochanError
from iochan.core.op import Op

__all__ = ["drive"]

STEPS = 50


def drive(op: Op[object], near: MemoryChannel, far: MemoryChannel) -> None:
    """Step *op*, whose channel is *near*, and take its output from *far*; an error not ours is a finding."""
    room = bytearray(65536)
    try:
        for _ in range(STEPS):
            next(op)
            while not isinstance(size := far.try_readinto(room), Blocked) and size:
                pass
    except (StopIteration, IochanError):
        pass
    finally:
        op.close()
        near.abort()
        far.abort()
