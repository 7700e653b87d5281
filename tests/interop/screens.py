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
    size, width, height, big_endian, bits, stride, colours = (
        head[0], head[4], head[5], head[7], head[11], head[12], head[19],
    )  # fmt: skip
    assert bits == 32
    start = size + 12 * colours
    rows = np.frombuffer(data, ">u4" if big_endian else "<u4", stride // 4 * height, start)
    pixels = rows.reshape(height, stride // 4)[:, :width]
    return np.stack([(pixels >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)], axis=-1)


def password_file(path: Path, password: bytes) -> Path:
    """Write *password* as VNC programs keep it: encrypted with a key that everybody knows."""
    path.write_bytes(answer(_FILE_KEY, password.ljust(8, b"\0")))
    return path
