"""``iochan vnc``: a test card served, and a picture of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from iochan.cli.main import main
from iochan.core.opening import connect
from iochan.vnc.client import VncClient
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.testcard import draw_testcard
from tests.interop.peers import eventually, iochan, read_until, running


@pytest.mark.slow
def test_a_picture_of_the_card_is_the_card(tmp_path: Path) -> None:
    argv = iochan("vnc", "testcard", "--size", "200x100", "--listen", "tcp://127.0.0.1:0")
    with running(argv) as process:
        told = read_until(process.stdout, b"\n").decode()
        address = told.split()[-1]
        result = CliRunner().invoke(main, ["vnc", "screenshot", address, "-o", str(tmp_path / "a.png")])
        assert result.exit_code == 0, result.output
        process.terminate()
        assert process.wait(10) == 0
    card = Framebuffer(200, 100)
    draw_testcard(card)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), card.rgb())


def test_a_wrong_size_is_told() -> None:
    result = CliRunner().invoke(main, ["vnc", "testcard", "--size", "0x9", "--listen", "tcp://127.0.0.1:0"])
    assert result.exit_code == 2
    assert "--size 0x9" in result.output


@pytest.mark.slow
def test_a_card_is_recorded_and_shown_again(tmp_path: Path) -> None:
    tape = str(tmp_path / "card.tape")
    with running(iochan("vnc", "testcard", "--size", "200x100", "--listen", "tcp://127.0.0.1:0")) as process:
        address = read_until(process.stdout, b"\n").decode().split()[-1]
        done = CliRunner().invoke(main, ["vnc", "record", address, tape, "--seconds", "0.5"])
        assert done.exit_code == 0, done.output
    with running(iochan("vnc", "replay", tape, "--at-once", "--listen", "tcp://127.0.0.1:0")) as process:
        address = read_until(process.stdout, b"\n").decode().split()[-1]
        card = Framebuffer(200, 100)
        draw_testcard(card)
        with VncClient.connect(connect(address)) as client:
            eventually(lambda: np.array_equal(client.screenshot(), card.rgb()))
        process.terminate()
        assert process.wait(20) == 0
