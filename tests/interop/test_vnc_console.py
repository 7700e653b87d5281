"""A program on a terminal, seen and typed to at once by a viewer, by telnet, and kept in its log."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from iochan.testing.pki import ThrowAwayPki
from iochan.vnc.console.screen import Screen
from tests.interop.browser import browsing
from tests.interop.peers import SECONDS, eventually, iochan, need, read_until, running
from tests.interop.screens import password_file, root_pixels, x_screen

NOVNC = Path("/usr/share/novnc")

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]


NOVNC_SHELL = """
    const { default: RFB } = await import('/core/rfb.js');
    const place = document.createElement('div');
    document.body.replaceChildren(place);
    const options = { credentials: { password: 'sesame' } };
    window.rfb = new RFB(place, location.origin.replace('http', 'ws') + '/websockify', options);
    await new Promise((done, failed) => {
        rfb.addEventListener('connect', done);
        rfb.addEventListener('disconnect', failed);
    });
    for (const letter of 'echo hi') rfb.sendKey(letter.charCodeAt(0), null);
    rfb.sendKey(0xff0d, 'Enter');
"""

NOVNC_PIXELS = """
    const canvas = document.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.width, canvas.height, Array.from(data)];
"""


@contextmanager
def console(log: Path, *options: str) -> Iterator[dict[str, str]]:
    """Serve a shell that keeps *log*; the value has the addresses, by what is told before them."""
    shell = f"pty,id=sh,shared=on,logfile={log},command=env PS1=ready: sh"
    argv = iochan("vnc", "console", "--chardev", shell, *options)
    count = sum(option.endswith("listen") for option in options)
    with running(argv) as process:
        told = b""
        while told.count(b"listening on") < count:
            told += read_until(process.stdout, b"\n")
        yield dict(re.findall(r"(.*listening) on (\S+)", told.decode()))


def painted(log: Path) -> NDArray[np.uint8]:
    """Return the picture of all that the shell has sent."""
    screen = Screen(25, 80)
    screen.feed(log.read_bytes())
    screen.paint()
    return screen.framebuffer.rgb()


def vncdo(port: str, *words: str) -> None:
    argv = [str(Path(sys.executable).with_name("vncdo")), "--nocursor", "-s", f"127.0.0.1::{port}", *words]
    subprocess.run(argv, check=True, timeout=SECONDS, capture_output=True)


def test_vncdotool_types_and_telnet_the_log_and_its_own_picture_have_the_answer(tmp_path: Path) -> None:
    log, picture = tmp_path / "log", tmp_path / "seen.png"
    doors = ("--listen", "tcp://127.0.0.1:0", "--also-listen", "telnet+tcp://127.0.0.1:0")
    with console(log, *doors) as addresses:
        viewers, others = (addresses[name].rpartition(":")[2] for name in ("listening", "also listening"))
        eventually(lambda: log.exists() and b"ready:" in log.read_bytes())
        with running([need("telnet"), "127.0.0.1", others]) as telnet:
            read_until(telnet.stdout, b"ready:")
            vncdo(viewers, "type", "echo hi", "key", "enter")
            read_until(telnet.stdout, b"\nhi\r\n")
            eventually(lambda: log.read_bytes().endswith(b"\nhi\r\nready:"))

            def agree() -> bool:
                vncdo(viewers, "capture", str(picture))
                return np.array_equal(np.asarray(Image.open(picture).convert("RGB")), painted(log))

            eventually(agree)
            assert telnet.stdin is not None
            telnet.stdin.write(b"printf '\\033[2J\\033[31mred'\n")
            eventually(lambda: log.read_bytes().endswith(b"redready:"))
            eventually(agree)


def test_novnc_types_over_tls_and_sees_what_was_painted(tmp_path: Path) -> None:
    pki, log = ThrowAwayPki(tmp_path), tmp_path / "log"
    with console(
        log,
        *("--listen", f"wss://127.0.0.1:0?tls.creds=s&ws.files={NOVNC}"),
        *("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"),
        *("--object", "secret,id=word,data=sesame", "--password-secret", "word", "--tls-creds", "s"),
    ) as addresses:
        eventually(lambda: log.exists() and b"ready:" in log.read_bytes())
        with browsing(tmp_path / "profile", trusted=pki.dir / "server-cert.pem") as page:
            # Not a page of noVNC's own: that would ask for the password in a dialogue, and wait.
            page.go("https:" + addresses["listening"].partition(":")[2] + "/core/rfb.js")
            page.run(NOVNC_SHELL)
            eventually(lambda: log.read_bytes().endswith(b"\nhi\r\nready:"))

            def agree() -> bool:
                width, height, data = page.run(NOVNC_PIXELS)
                seen = np.array(data, np.uint8).reshape(height, width, 4)[:, :, :3]
                return np.array_equal(seen, painted(log))

            eventually(agree)


def test_tigervnc_sees_what_was_painted_by_x509vnc(tmp_path: Path) -> None:
    pki, log = ThrowAwayPki(tmp_path), tmp_path / "log"
    password = password_file(tmp_path / "password", b"sesame")
    with console(
        log,
        *("--listen", "tcp://127.0.0.1:0"),
        *("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"),
        *("--object", "secret,id=word,data=sesame", "--password-secret", "word", "--tls-creds", "s"),
    ) as addresses:
        eventually(lambda: log.exists() and b"ready:" in log.read_bytes())
        with x_screen("Xvfb", "-screen", "0", "800x600x24") as display:
            viewer = [
                *(need("xtigervncviewer"), "-display", f":{display}", "-passwd", str(password)),
                *("-SecurityTypes=X509Vnc", f"-X509CA={pki.dir / 'ca-cert.pem'}"),
                # Its version 1.12 stops where the handshake of TLS 1.3 ends.
                *("-GnuTLSPriority=NORMAL:-VERS-TLS1.3", "-geometry", "640x400+0+0"),
                f"localhost::{addresses['listening'].rpartition(':')[2]}",
            ]

            def agree() -> bool:
                """Compare, wherever the window is; what it says of itself at first goes away."""
                seen, wanted = root_pixels(display), painted(log)
                if not seen.any():
                    return False
                y, x = (np.argwhere(seen.any(2)).min(0) - np.argwhere(wanted.any(2)).min(0)).tolist()
                return np.array_equal(seen[y : y + 400, x : x + 640], wanted)

            with running(viewer):
                eventually(agree)
