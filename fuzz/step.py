"""Operations driven without a loop, by whatever a peer may say."""

from __future__ import annotations

from collections.abc import Callable

from iochan.channels.pair import MemoryChannel, memory_pair
from iochan.core.blocked import Blocked
from iochan.core.errors import IochanError
from iochan.core.op import Op

__all__ = ["drive", "hear"]

STEPS = 50
MOST = 60_000
ROOM = 1 << 16


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


def hear(data: bytes, roles: tuple[Callable[[MemoryChannel], Op[object]], ...]) -> None:
    """Give all of *data* but its first byte, which chooses one of *roles*, to an operation of that role."""
    if not data:
        return
    near, far = memory_pair(ROOM)
    far.write_all(data[1:MOST])
    far.write_eof()
    drive(roles[data[0] % len(roles)](near), near, far)
