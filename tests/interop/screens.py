"""X servers whose screens tests look at, and the pixels that they show."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iochan.secret.value import Secret
from iochan.vnc.vncauth import answer
from tests.interop.peers import SECONDS, need

__all__ = ["password_file", "root_pixels", "x_screen"]

_FILE_KEY = Secret(bytes([23, 82, 107, 6, 35, 78, 88, 7]))
_HEADER = struct.Struct(">25I")


@contextmanager
def x_screen(program: str, *options: str) -> Iterator[int]:
    """Run an X server that chooses its display, and yield that number."""
    reading, writing = os.pipe()
    argv = [need(program), "-displayfd", str(writing), "-nolisten", "tcp", *options]
    with subprocess.Popen(
        argv, pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        os.close(writing)
        try:
            with os.fdopen(reading, "rb") as told:
                yield int(told.readline())
        finally:
            server.terminate()
            server.wait(SECONDS)


def root_pixels(display: int) -> NDArray[np.uint8]:
    """Return what the X server *display* shows, three bytes a pixel, as ``xwd`` sees it."""
    done = subprocess.run(
        [need("xwd"), "-root", "-silent", "-display", f":{display}"],
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    data = done.stdout
    head = _HEADER.unpack_from(data)
    size, width, height, big_endian, bits, stride = (head[at] for at in (0, 4, 5, 7, 11, 12))
    masks, colours = head[14:17], head[19]
    dtype = np.dtype({16: "u2", 32: "u4"}[bits]).newbyteorder(">" if big_endian else "<")
    wide = stride // dtype.itemsize
    rows = np.frombuffer(data, dtype, wide * height, size + 12 * colours)
    pixels = rows.reshape(height, wide)[:, :width].astype(np.uint32)
    channels = []
    for mask in masks:
        shift = (mask & -mask).bit_length() - 1
        most = mask >> shift
        channels.append((((pixels & mask) >> shift) * 255 + most // 2) // most)
    return np.stack(channels, axis=-1).astype(np.uint8)


def password_file(path: Path, password: bytes) -> Path:
    """Write *password* as VNC programs keep it: encrypted with a key that everybody knows."""
    path.write_bytes(answer(_FILE_KEY, password.ljust(8, b"\0")))
    return path
