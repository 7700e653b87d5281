"""Other programs' viewers against our VNC server: their pictures are the test card, pixel by pixel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.testcard import draw_testcard
from tests.interop.peers import SECONDS, iochan, need, read_until, running

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
