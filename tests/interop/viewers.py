"""Other programs' VNC viewers: what each can do, and how it is made to do that.

``python -m tests.interop.viewers`` prints the table of it that stands in the documentation.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.testcard import draw_testcard
from tests.interop.peers import need

__all__ = ["MATRIX", "SIZE", "Cell", "Viewer", "card", "serve_options", "table", "x_viewer"]

SIZE = (320, 240)
PASSWORD = b"sesame"


@dataclass(frozen=True)
class Viewer:
    """What a viewer can do: each of its securities with each of its encodings and depths."""

    name: str
    securities: Sequence[str]
    encodings: Sequence[str]
    depths: Sequence[int]


@dataclass(frozen=True)
class Cell:
    """One way to look."""

    viewer: str
    security: str
    encoding: str
    depth: int


_TLS = ("TLSNone", "TLSVnc", "TLSPlain", "X509None", "X509Vnc", "X509Plain")
_NOVNC = ("Raw", "RRE", "Hextile", "Zlib", "ZRLE", "Tight", "TightPNG")
MATRIX = (
    Viewer("TigerVNC", ("None", "VncAuth", *_TLS), ("Raw", "Hextile", "ZRLE", "Tight"), (32, 8)),
    Viewer("xtightvncviewer", ("None", "VncAuth"), ("Raw", "RRE", "Hextile", "Zlib", "Tight"), (32, 16, 8)),
    Viewer("noVNC, ws", ("None", "VncAuth", "RA2ne"), _NOVNC, (32,)),
    Viewer("noVNC, wss", ("None", "VncAuth"), _NOVNC, (32,)),
    Viewer("vncdotool", ("None", "VncAuth"), ("Raw",), (32,)),
    Viewer(
        "gvnccapture", ("None", "VncAuth", "TLSNone", "TLSVnc", "TLSPlain", "TLSSASL"), ("its own",), (32,)
    ),
)


def pairs() -> Iterator[tuple[Viewer, str]]:
    """Return each viewer with each of its securities."""
    for viewer in MATRIX:
        yield from ((viewer, security) for security in viewer.securities)


def cells(viewer: Viewer, security: str) -> list[Cell]:
    """Return what *viewer* shows with *security*."""
    return [
        Cell(viewer.name, security, encoding, depth)
        for encoding, depth in itertools.product(viewer.encodings, viewer.depths)
    ]


def table() -> str:
    """Return the matrix in Markdown: a line for each viewer and security, the depths of each encoding."""
    columns = list(dict.fromkeys(name for viewer in MATRIX for name in viewer.encodings))
    lines = ["| viewer | security | " + " | ".join(columns) + " |", "|---" * (2 + len(columns)) + "|"]
    for viewer, security in pairs():
        depths = ", ".join(map(str, viewer.depths))
        shown = " | ".join(depths if column in viewer.encodings else "" for column in columns)
        lines.append(f"| {viewer.name} | {security} | {shown} |")
    return "\n".join(lines) + "\n"


def card(depth: int) -> NDArray[np.uint8]:
    """Return the test card as a screen shows it that has *depth* bits: each channel's nearest level."""
    framebuffer = Framebuffer(*SIZE)
    draw_testcard(framebuffer)
    whole = framebuffer.rgb()
    most = np.array({32: (255, 255, 255), 16: (31, 63, 31), 8: (7, 7, 3)}[depth], float)
    shown: NDArray[np.uint8] = np.rint(np.rint(whole / 255 * most) / most * 255).astype(np.uint8)
    return shown


def serve_options(security: str, directory: Path, key: Path) -> list[str]:
    """Return the options of a server with *security*, by a PKI in *directory* or an RSA *key*."""
    word = "secret,id=word,data=sesame"
    joe = ["--object", word, "--user", "joe=word"]
    protection = {
        "TLS": ["--object", "tls-creds-anon,id=tls,endpoint=server", "--tls-creds", "tls"],
        "X50": [
            *("--object", f"tls-creds-x509,id=tls,endpoint=server,verify-peer=off,dir={directory}"),
            *("--tls-creds", "tls"),
        ],
        "RA2": ["--object", f"secret,id=key,file={key}", "--ra2-key", "key", "--ra2-type", security],
    }.get(security[:3], [])
    if "Plain" in security:
        return [*protection, *joe]
    if "SASL" in security:
        return [*protection, *joe, "--sasl"]
    if "None" in security:
        return protection
    return [*protection, "--object", word, "--password-secret", "word"]


def x_viewer(cell: Cell, port: int, files: Path, authority: Path) -> list[str]:
    """Return the command of a viewer with a window, which finds its password in *files*."""
    if cell.viewer == "TigerVNC":
        return [
            *(need("xtigervncviewer"), f"-SecurityTypes={cell.security}", "-passwd", str(files / "password")),
            *(f"-X509CA={authority}", "-GnuTLSPriority=NORMAL:-VERS-TLS1.3:+ANON-ECDH:+ANON-DH"),
            *("-AutoSelect=0", f"-PreferredEncoding={cell.encoding}", "-NoJPEG=1", "-RemoteResize=0"),
            *(f"-FullColor={int(cell.depth == 32)}", "-LowColorLevel=2", "-geometry", "320x240+0+0"),
            f"localhost::{port}",
        ]
    depth = {32: [], 16: ["-depth", "16"], 8: ["-bgr233"]}[cell.depth]
    return [
        *(need("xtightvncviewer"), "-encodings", cell.encoding.lower(), "-nojpeg", "-nocursorshape", *depth),
        *("-passwd", str(files / "password"), "-geometry", "+0+0", f"127.0.0.1::{port}"),
    ]


if __name__ == "__main__":
    sys.stdout.write(table())
