"""Every viewer that can be had, with each security, encoding and depth that it knows, sees the test card."""

from __future__ import annotations

import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from iochan.channels.pty import PtyChannel
from iochan.testing.pki import ThrowAwayPki
from tests.cli.command import serving
from tests.interop.browser import Page, browsing
from tests.interop.peers import SECONDS, eventually, need, running
from tests.interop.screens import password_file, root_pixels, x_screen
from tests.interop.viewers import PASSWORD, Cell, Viewer, card, cells, pairs, serve_options, table, x_viewer

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(180)]

Look = Callable[[Cell], None]
NUMBERS = {"Raw": 0, "RRE": 2, "Hextile": 5, "Zlib": 6, "Tight": 7, "ZRLE": 16, "TightPNG": -260}
NOVNC = """
    const { default: RFB } = await import("/novnc/core/rfb.js");
    window.encodings ??= RFB.messages.clientEncodings;
    const lossy = (number) => number >= -32 && number <= -23;
    RFB.messages.clientEncodings = (sock, list) =>
        window.encodings(sock, [NUMBER, ...list.filter((one) => one < 0 && one !== -260 && !lossy(one))]);
    const place = document.createElement("div");
    document.body.replaceChildren(place);
    const rfb = new RFB(place, location.origin.replace("http", "ws") + "/",
        { credentials: { username: "joe", password: "sesame" } });
    rfb.addEventListener("serververification", () => rfb.approveServer());
    await new Promise((done, failed) => {
        rfb.addEventListener("connect", done);
        rfb.addEventListener("securityfailure", (event) => failed(new Error(event.detail.reason)));
        rfb.addEventListener("disconnect", () => failed(new Error("disconnected")));
    });
    const canvas = place.querySelector("canvas");
    for (;;) {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        if (canvas.width === 320 && data[data.length - 4]) {
            rfb.disconnect();
            return Array.from(data);
        }
        await new Promise((done) => setTimeout(done, 20));
    }
"""


def check(seen: NDArray[np.uint8], cell: Cell, *, off: int = 0) -> None:
    """Make sure that *seen* is the card, but for *off* where a viewer rounds another way."""
    wanted = card(cell.depth)
    assert seen.shape == wanted.shape, cell
    assert np.abs(seen.astype(int) - wanted).max() <= off, cell


def ends_with_card(seen: NDArray[np.uint8], cell: Cell) -> bool:
    """Tell whether the card is anywhere on a screen that is black around it."""
    if not seen.any():
        return False
    y, x = np.argwhere(seen.any(2)).min(0).tolist()
    wanted = card(cell.depth)
    part = seen[y : y + wanted.shape[0], x : x + wanted.shape[1]]
    # TigerVNC cuts where the nearest level of eight bits is a fraction.
    off = 0 if cell.depth == 32 else 1
    return part.shape == wanted.shape and bool(np.abs(part.astype(int) - wanted).max() <= off)


@contextmanager
def by_window(address: str, files: Path, pki: ThrowAwayPki, patch: pytest.MonkeyPatch) -> Iterator[Look]:
    """Look by programs with windows."""
    port = int(address.rpartition(":")[2])
    password_file(files / "password", PASSWORD)
    patch.setenv("VNC_USERNAME", "joe")
    patch.setenv("VNC_PASSWORD", PASSWORD.decode())
    with (
        # Without -noreset they begin anew when a viewer ends, and the next one may be thrown out.
        x_screen("Xvfb", "-noreset", "-screen", "0", "800x600x24") as deep,
        x_screen("Xvfb", "-noreset", "-screen", "0", "800x600x16") as flat,
    ):

        def look(cell: Cell) -> None:
            display = flat if cell.depth == 16 else deep
            patch.setenv("DISPLAY", f":{display}")
            eventually(lambda: not root_pixels(display).any())  # the window of the last one has gone
            with running(x_viewer(cell, port, files, pki.dir / "ca-cert.pem")):
                eventually(lambda: ends_with_card(root_pixels(display), cell))

        yield look


@contextmanager
def by_capture(address: str, files: Path, pki: ThrowAwayPki, patch: pytest.MonkeyPatch) -> Iterator[Look]:
    """Look by programs that write a picture, and ask on a terminal for what they need."""
    port = int(address.rpartition(":")[2])
    picture = files / "seen.png"

    def look(cell: Cell) -> None:
        if cell.viewer == "gvnccapture":
            capture_by_gtk(port, picture)
        else:
            program = str(Path(sys.executable).with_name("vncdo"))
            argv = [program, "-s", f"127.0.0.1::{port}", "-p", PASSWORD.decode(), "capture", str(picture)]
            subprocess.run(argv, check=True, timeout=SECONDS, capture_output=True)
        check(np.asarray(Image.open(picture).convert("RGB")), cell)

    yield look


def capture_by_gtk(port: int, picture: Path) -> None:
    answers = {b"Username:": b"joe\n", b"Password:": PASSWORD + b"\n"}
    with PtyChannel.spawn([need("gvnccapture"), f"127.0.0.1:{port - 5900}", str(picture)]) as terminal:
        said, room = b"", bytearray(4096)
        while count := terminal.readinto(room):
            said += room[:count]
            for question in [question for question in answers if question in said]:
                if question == b"Password:":  # it stops the echo only now, and drops what was typed before
                    eventually(lambda: not termios.tcgetattr(terminal.fileno())[3] & termios.ECHO)
                terminal.write_all(answers.pop(question))


@contextmanager
def by_browser(address: str, files: Path, pki: ThrowAwayPki, patch: pytest.MonkeyPatch) -> Iterator[Look]:
    """Look by noVNC."""
    scheme, _, rest = address.partition(":")
    where = ("https:" if "tls" in scheme or scheme == "wss" else "http:") + rest.rstrip("/")
    with browsing(files / "profile", pki.dir / "server-cert.pem") as page:
        page.go(where + "/novnc/core/rfb.js")

        def look(cell: Cell) -> None:
            check(canvas_of(page, NUMBERS[cell.encoding]), cell)

        yield look


def canvas_of(page: Page, number: int) -> NDArray[np.uint8]:
    data = page.run(NOVNC.replace("NUMBER", str(number)))
    return np.array(data, np.uint8).reshape(240, 320, 4)[:, :, :3]


PROGRAMS = {
    "TigerVNC": by_window, "xtightvncviewer": by_window, "noVNC, ws": by_browser, "noVNC, wss": by_browser,
    "vncdotool": by_capture, "gvnccapture": by_capture,
}  # fmt: skip


@pytest.mark.parametrize(
    ("viewer", "security"),
    [pytest.param(*pair, id=f"{pair[0].name}-{pair[1]}") for pair in pairs()],
)
def test_a_viewer_sees_the_card(
    viewer: Viewer, security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = ThrowAwayPki(tmp_path)
    key = tmp_path / "key.pem"
    if security == "RA2ne":
        subprocess.run([need("openssl"), "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    address, creds = "tcp://127.0.0.1:0", []
    if "noVNC" in viewer.name:
        secure = viewer.name.endswith("wss")
        address = f"{'wss' if secure else 'ws'}://127.0.0.1:0?{'tls.creds=s&' if secure else ''}ws.page=vnc"
        creds = ["--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"]
    options = (*creds, *serve_options(security, pki.dir, key))
    with (
        serving("vnc", "testcard", "--size", "320x240", "--listen", address, *options) as (_, where),
        PROGRAMS[viewer.name](where, tmp_path, pki, monkeypatch) as look,
    ):
        for cell in cells(viewer, security):
            look(cell)


def test_the_documentation_has_this_matrix() -> None:
    text = (Path(__file__).parents[2] / "docs/reference/vnc-viewers.md").read_text()
    assert table() in text, "write it by: python -m tests.interop.viewers"
