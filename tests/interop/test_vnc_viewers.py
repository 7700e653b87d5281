"""Other programs' viewers against our VNC server: their pictures are the test card, pixel by pixel."""

from __future__ import annotations

import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iochan.channels.pty import PtyChannel
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.testcard import draw_testcard
from tests.interop.peers import SECONDS, eventually, iochan, need, read_until, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(60)]


def look(viewer: str, port: int, picture: Path, password: str | None) -> list[str]:
    """Return the command with which *viewer* writes what it sees on *port* to *picture*."""
    if viewer == "gvnccapture":
        return [need(viewer), f"127.0.0.1:{port - 5900}", str(picture)]
    argv = [str(Path(sys.executable).with_name("vncdo")), "-s", f"127.0.0.1::{port}"]
    return [*argv, *([] if password is None else ["-p", password]), "capture", str(picture)]


@pytest.mark.parametrize(
    ("viewer", "password"), [("gvnccapture", None), ("vncdo", None), ("vncdo", "sesame")]
)
def test_a_viewers_picture_is_the_card(viewer: str, password: str | None, tmp_path: Path) -> None:
    argv = iochan("vnc", "testcard", "--size", "320x240", "--listen", "tcp://127.0.0.1:0")
    if password is not None:
        argv += ["--object", f"secret,id=word,data={password}", "--password-secret", "word"]
    picture = tmp_path / "seen.png"
    with running(argv) as process:
        told = read_until(process.stdout, b"\n").decode()
        port = int(told.rpartition(":")[2])
        subprocess.run(
            look(viewer, port, picture, password), check=True, timeout=SECONDS, capture_output=True
        )
    card = Framebuffer(320, 240)
    draw_testcard(card)
    assert np.array_equal(np.asarray(Image.open(picture).convert("RGB")), card.rgb())


@pytest.mark.parametrize("password", ["sesame", "wrong"])
def test_gtk_vnc_proves_its_user_by_sasl(password: str, tmp_path: Path) -> None:
    argv = iochan("vnc", "testcard", "--size", "320x240", "--listen", "tcp://127.0.0.1:0", "--sasl")
    argv += ["--object", "tls-creds-anon,id=tls,endpoint=server", "--tls-creds", "tls"]
    argv += ["--object", "secret,id=word,data=sesame", "--user", "joe=word"]
    picture = tmp_path / "seen.png"
    with running(argv) as process:
        port = int(read_until(process.stdout, b"\n").decode().rpartition(":")[2])
        with PtyChannel.spawn(look("gvnccapture", port, picture, None)) as terminal:
            said, room = b"", bytearray(4096)

            def ask(question: bytes) -> None:
                nonlocal said
                while question not in said:
                    count = terminal.readinto(room)
                    assert count, f"it ended before {question!r}: {said!r}"
                    said += room[:count]

            ask(b"Username:")
            terminal.write_all(b"joe\n")
            ask(b"Password:")
            # It stops the echo only now, and throws away what was typed before.
            eventually(lambda: not termios.tcgetattr(terminal.fileno())[3] & termios.ECHO)
            terminal.write_all(password.encode() + b"\n")
            while terminal.readinto(room):
                pass
    if password == "wrong":
        assert not picture.exists()
        return
    card = Framebuffer(320, 240)
    draw_testcard(card)
    assert np.array_equal(np.asarray(Image.open(picture).convert("RGB")), card.rgb())
