"""The mask of client frames (RFC 6455, 5.3): XOR with four bytes.

By C where ``websockets`` has it, else by numpy, else by the large integers of ``websockets``.
"""

from __future__ import annotations

import os

from websockets.typing import BytesLike

__all__ = ["apply_mask", "fresh_keys"]

_POOL = 4096

try:
    from websockets.speedups import apply_mask
except ImportError:
    try:
        import numpy as np
    except ImportError:
        from websockets.utils import apply_mask
    else:

        def apply_mask(data: BytesLike, mask: bytes | bytearray) -> bytes:
            """Return *data*, each byte changed by the one of *mask* in its place."""
            words = np.zeros(len(data) + 3 >> 2, np.uint32)
            result = words.view(np.uint8)[: len(data)]
            result[:] = np.frombuffer(data, np.uint8)
            words ^= np.frombuffer(mask, np.uint32)
            return result.tobytes()


def fresh_keys() -> list[bytes]:
    """Return masking keys from the system's random source, each for one frame.

    Many at once: asking the system for each costs more than masking a small frame.
    """
    pool = os.urandom(_POOL)
    return [pool[at : at + 4] for at in range(0, _POOL, 4)]
