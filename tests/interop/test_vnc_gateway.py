"""A browser, through the gateway, at a server of TigerVNC that wants a user and a password inside TLS."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iochan.core.opening import connect
from iochan.testing.pki import ThrowAwayPki
from iochan.vnc.client import VncClient
from tests.cli.command import serving
from tests.interop.browser import browsing
from tests.interop.peers import SECONDS, eventually, need, read_until, running
from tests.interop.screens import root_pixels, x_screen
from tests.interop.test_vnc_servers import free_port

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

UNTIL = """
    const until = async (holds) => {
        while (!holds()) await new Promise((done) => setTimeout(done, 20));
    };
"""
LOG_IN = (
    UNTIL
    + """
    await until(() => document.getElementById("login")?.hidden === false);
    document.getElementById("password").value = "sesame";
    document.querySelector("#login button").click();
    const status = document.getElementById("status");
    await until(() => /^(connected|refused)/.test(status.textContent));
    return status.textContent;
"""
)
PIXELS = """
    const canvas = document.querySelector("#screen canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.width, canvas.height, Array.from(data)];
"""
PAM = "su"
"""A service that every system has, and that believes root, as which Xvnc runs here, whatever is said."""


@pytest.fixture
def pki(tmp_path: Path) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path)


def gateway(pki: ThrowAwayPki, *options: str) -> tuple[str, ...]:
    """Return the command of a gateway over wss that asks for a password of its own."""
    return (
        *("vnc", "gateway", "--listen", "wss://127.0.0.1:0?tls.creds=s&ws.page=vnc", *options),
        *("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"),
        *("--object", f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}"),
        # For viewers without TLS below; a browser, which has it, is asked for the password alone.
        *("--object", "secret,id=own,data=sesame", "--password-secret", "own", "--tls-creds", "s"),
        *("--object", "secret,id=pw,data=any"),
    )


@pytest.mark.parametrize("by_token", [False, True], ids=["target", "token"])
def test_novnc_types_at_a_server_with_x509plain(tmp_path: Path, pki: ThrowAwayPki, by_token: bool) -> None:
    assert os.geteuid() == 0, "PAM believes root alone"
    port = free_port()
    server = (
        *("-rfbport", str(port), "-localhost", "-geometry", "320x200", "-depth", "24"),
        *("-SecurityTypes", "X509Plain", "-PlainUsers", "root", "-PAMService", PAM),
        *("-X509Cert", str(pki.dir / "server-cert.pem"), "-X509Key", str(pki.dir / "server-key.pem")),
    )
    where = f"tcp://127.0.0.1:{port}"
    if by_token:
        (tmp_path / "tokens").write_text(f"vm: {where} user=root password-secret=pw tls-creds=c\n")
        options: tuple[str, ...] = ("--tokens", str(tmp_path / "tokens"))
    else:
        options = ("--target", where, "--target-user", "root", "--target-password-secret", "pw")
        options += ("--target-tls-creds", "c")
    tapes = tmp_path / "tapes"
    with (
        x_screen("Xtigervnc", *server) as display,
        running([need("xev"), "-display", f":{display}", "-geometry", "320x200+0+0"]) as events,
        serving(*gateway(pki, "--record", str(tapes), *options)) as (_, address),
        browsing(tmp_path / "profile", pki.dir / "server-cert.pem") as page,
    ):
        page.go("https:" + address.partition(":")[2] + "/?resize=off&token=vm")
        assert page.run(LOG_IN).startswith("connected")

        def agrees() -> bool:
            width, height, data = page.run(PIXELS)
            shown = np.array(data, np.uint8).reshape(height, width, 4)[:, :, :3]
            return np.array_equal(shown, root_pixels(display))

        eventually(agrees)
        read_until(events.stdout, b"EnterNotify")
        page.run("window.rfb.sendKey(0x67, 'KeyG');")
        read_until(events.stdout, b"keysym 0x67, g")
        pixels = root_pixels(display)
    see_again(tapes / "000001.tape", pixels)


def see_again(tape: Path, pixels: NDArray[np.uint8]) -> None:
    """Check that what a tape showed at last is shown again."""
    argv = ("vnc", "replay", str(tape), "--at-once", "--listen", "tcp://127.0.0.1:0")
    with serving(*argv) as (_, address), VncClient.connect(connect(address)) as client:
        eventually(lambda: np.array_equal(client.screenshot(SECONDS), pixels))


def test_a_browser_hears_why_it_does_not_come_in(tmp_path: Path, pki: ThrowAwayPki) -> None:
    (tmp_path / "tokens").write_text("vm: 127.0.0.1:1\n")
    with (
        serving(*gateway(pki, "--tokens", str(tmp_path / "tokens"))) as (_, address),
        browsing(tmp_path / "profile", pki.dir / "server-cert.pem") as page,
    ):
        base = "https:" + address.partition(":")[2]
        page.go(base + "/?token=other")
        assert "no server has the token 'other'" in page.run(LOG_IN)
        page.go(base + "/?token=vm")
        assert "the server of vm cannot be shown: tcp://127.0.0.1:1: connection refused" in page.run(LOG_IN)
