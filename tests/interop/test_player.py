"""Recordings of consoles, opened by asciinema: its player in Chromium, and its own terminal program."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from iochan.chardev.expect import Console
from iochan.core.opening import connect
from tests.cli.command import serving
from tests.interop.browser import browsing
from tests.interop.peers import SECONDS
from tests.interop.test_chardev import served

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(120)]

PAGE = """<!doctype html><title>player</title>
<link rel="stylesheet" href="asciinema-player.css"><div id="here"></div>
<script src="asciinema-player.min.js"></script>
"""

PLAY = """
    if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done));
    const here = document.getElementById("here");
    const player = AsciinemaPlayer.create("session.cast", here, { speed: 50, fit: false });
    const ended = new Promise((done) => player.addEventListener("ended", () => done("ended")));
    const late = new Promise((done) => setTimeout(() => done("it does not end"), 15000));
    await player.play();
    const how = await Promise.race([ended, late]);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return [how, await player.getDuration(), here.innerText];
"""


def record(cast: Path, version: int) -> None:
    """Record a short session with colours, a character of two bytes, a broken one, and a new size."""
    device = f"pty,id=c0,command=sh -i,record={cast},record-version={version}"
    with served("--chardev", device, "--listen", "tcp://127.0.0.1:0") as (process, (address,)):
        with connect(address) as channel:
            console = Console(channel)
            console.send_line("printf 'h\\303\\251llo \\377 \\033[1mbold\\033[0m\\n'; echo d''one")
            console.expect(b"done\r\n")
            console.send_line("exit")
        assert process.wait(SECONDS) == 0


def player_files() -> Path:
    """Return where the player of asciinema is, which a plugin of MkDocs brings as it is."""
    found: Any = importlib.util.find_spec("mkdocs_asciinema_player")
    assert found is not None, "mkdocs-asciinema-player is missing: pip install --group test"
    return Path(found.submodule_search_locations[0]) / "assets"


@pytest.mark.parametrize("version", [2, 3])
def test_the_player_of_asciinema_plays_a_recording_in_a_browser(tmp_path: Path, version: int) -> None:
    root = tmp_path / "www"
    root.mkdir()
    for name in ("asciinema-player.css", "asciinema-player.min.js"):
        shutil.copy(player_files() / name, root)
    (root / "index.html").write_text(PAGE)
    record(root / "session.cast", version)
    with serving("relay", f"ws://127.0.0.1:0?ws.files={root}", "exec:cat") as (_, address):
        with browsing(tmp_path / "profile") as page:
            page.go(address.replace("ws+tcp", "http") + "/")
            how, duration, shown = page.run(PLAY)
            page.take_picture(tmp_path / "player.png")
    assert how == "ended"
    assert 0 < duration < SECONDS
    assert "h\u00e9llo \ufffd bold done " in " ".join(shown.split())


def test_the_program_of_asciinema_plays_a_recording_on_a_terminal(tmp_path: Path) -> None:
    cast = tmp_path / "session.cast"
    record(cast, 2)
    command = f"{sys.executable} -m asciinema play --speed 50 {cast}"
    with connect(f"pty:?command={quote(command)}") as terminal:
        terminal.timeout = SECONDS
        console = Console(terminal)
        console.expect(b"\ndone\r\n")
        assert "h\u00e9llo \ufffd \x1b[1mbold".encode() in console.before
