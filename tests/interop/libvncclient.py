"""LibVNCClient through ctypes: a viewer that shares no code with ours, and whose picture lies in memory."""

from __future__ import annotations

import ctypes as c
import ctypes.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from iochan.vnc.pixelformat import PixelFormat

__all__ = ["Viewer", "viewing"]

LIBRARY = "libvncclient.so.1"
PATIENCE = 1_000_000
"""Microseconds that an update may take."""


class _Format(c.Structure):
    """``rfbPixelFormat``."""

    _fields_ = [  # type: ignore[mutable-override] # typeshed has a wider type
        ("bits", c.c_uint8), ("depth", c.c_uint8), ("big_endian", c.c_uint8), ("true_colour", c.c_uint8),
        ("maxima", c.c_uint16 * 3), ("shifts", c.c_uint8 * 3), ("pad", c.c_uint8), ("pad2", c.c_uint16),
    ]  # fmt: skip


class _AppData(c.Structure):
    """``AppData``: what to ask for."""

    _fields_ = [  # type: ignore[mutable-override] # typeshed has a wider type
        ("shared", c.c_int8), ("view_only", c.c_int8), ("encodings", c.c_char_p), ("bgr233", c.c_int8),
        ("colours", c.c_int), ("own_map", c.c_int8), ("true_colour", c.c_int8), ("depth", c.c_int),
        ("level", c.c_int), ("quality", c.c_int), ("jpeg", c.c_int8), ("cursor", c.c_int8),
        ("palm", c.c_int8), ("scale", c.c_int),
    ]  # fmt: skip


class _Init(c.Structure):
    """``rfbServerInitMsg``."""

    _fields_ = [  # type: ignore[mutable-override] # as above
        ("width", c.c_uint16), ("height", c.c_uint16), ("format", _Format), ("name", c.c_uint32),
    ]  # fmt: skip


class _Client(c.Structure):
    """The beginning of ``rfbClient``."""

    _fields_ = [  # type: ignore[mutable-override] # typeshed has a wider type
        ("pixels", c.c_void_p), ("width", c.c_int), ("height", c.c_int), ("endian_test", c.c_int),
        ("app", _AppData), ("program", c.c_char_p), ("host", c.c_void_p), ("port", c.c_int),
        ("listen", c.c_int8), ("listen_port", c.c_int), ("flash_port", c.c_int), ("wanted", c.c_int * 4),
        ("buffer", c.c_char * (640 * 480)), ("socket", c.c_int), ("corre", c.c_int8), ("hextile", c.c_int8),
        ("name", c.c_void_p), ("format", _Format), ("init", _Init),
    ]  # fmt: skip


class Viewer:
    """One client on the descriptor of a socket, which is its own from now on."""

    def __init__(self, library: Any, descriptor: int) -> None:
        self._library = library
        self._client = library.rfbGetClient(8, 3, 4)
        self._head = self._client.contents
        self._head.socket = descriptor

    def begin(self, form: PixelFormat, encoding: str, quality: int | None) -> None:
        """Shake hands, and ask for a first picture in *form* and *encoding*; *quality* allows JPEG."""
        head = self._head
        assert self._library.InitialiseRFBConnection(self._client)
        width, height = head.init.width, head.init.height
        self._pixels = np.zeros((height, width), form.dtype)
        head.pixels, head.width, head.height = self._pixels.ctypes.data, width, height
        head.wanted[:] = (0, 0, width, height)
        head.format.bits, head.format.depth = form.bits, form.depth
        head.format.big_endian, head.format.true_colour = form.big_endian, form.true_colour
        head.format.maxima[:], head.format.shifts[:] = form.maxima, form.shifts
        head.app.encodings, head.app.jpeg = encoding.encode(), quality is not None
        head.app.level, head.app.quality = 1, quality or 0
        assert self._library.SetFormatAndEncodings(self._client)
        assert self._library.SendFramebufferUpdateRequest(self._client, 0, 0, width, height, 0)

    def update(self) -> NDArray[Any]:
        """Take the next message, and return what the viewer shows: numbers of its format."""
        assert self._library.WaitForMessage(self._client, PATIENCE) > 0, "no message came"
        assert self._library.HandleRFBServerMessage(self._client), "it takes the message for a wrong one"
        return self._pixels

    def close(self) -> None:
        """End the connection, and free what it had."""
        self._library.rfbClientCleanup(self._client)


def _load() -> Any:
    """Return the library; without it the test fails in CI, and is skipped elsewhere."""
    try:
        library = c.CDLL(LIBRARY)
    except OSError:
        message = f"{LIBRARY} is not installed: make peers"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    library.rfbGetClient.restype = c.POINTER(_Client)
    for name in ("InitialiseRFBConnection", "SetFormatAndEncodings", "SendFramebufferUpdateRequest",
                 "HandleRFBServerMessage"):  # fmt: skip
        library[name].restype = c.c_int8
        library[name].argtypes = [c.POINTER(_Client), *[c.c_int] * (4 * (name[0] == "S" and name[4] == "F"))]
    # It tells of each handshake otherwise.
    c.c_int8.in_dll(library, "rfbEnableClientLogging").value = 0
    return library


@contextmanager
def viewing(descriptor: int) -> Iterator[Viewer]:
    """Yield a viewer on *descriptor*, which is closed with the block."""
    viewer = Viewer(_load(), descriptor)
    try:
        yield viewer
    finally:
        viewer.close()
