"""WebSocket against Chromium, by itself and with noVNC in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from iochan.crypto.rsa import RsaPrivateKey
from iochan.testing.pki import ThrowAwayPki
from iochan.vnc.console.screen import Screen
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.ra2 import Ra2
from iochan.vnc.testcard import draw_testcard
from tests.cli.command import serving
from tests.interop.browser import browsing
from tests.interop.peers import eventually, need, running

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

NOVNC = Path("/usr/share/novnc")

ECHO = """
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/echo", PROTOCOLS);
    socket.binaryType = "arraybuffer";
    await new Promise((done, failed) => { socket.onopen = done; socket.onerror = failed; });
    const sent = new Uint8Array(300000).map((_, index) => index * 7 % 251);
    const got = [];
    const all = new Promise((done) => {
        socket.onmessage = (event) => {
            got.push(...new Uint8Array(event.data));
            if (got.length >= sent.length) done();
        };
    });
    for (let at = 0; at < sent.length; at += 100000) socket.send(sent.slice(at, at + 100000));
    await all;
    const closed = new Promise((done) => { socket.onclose = done; });
    socket.close(1000);
    const { code, wasClean } = await closed;
    return [got.length, got.every((byte, index) => byte === sent[index]), socket.protocol, code, wasClean];
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "www"
    root.mkdir()
    (root / "index.html").write_text("<!doctype html><title>echo</title>")
    return root


@pytest.mark.parametrize("protocols", ["[]", "['binary']"])
def test_a_page_that_we_serve_opens_a_websocket(root: Path, tmp_path: Path, protocols: str) -> None:
    with serving("relay", f"ws://127.0.0.1:0?ws.files={root}", "exec:cat") as (_, address):
        with browsing(tmp_path / "profile") as page:
            page.go(address.replace("ws+tcp", "http") + "/")
            told = page.run(ECHO.replace("PROTOCOLS", protocols))
            assert told == [300_000, True, "binary" if "binary" in protocols else "", 1000, True]


def test_a_page_that_we_serve_over_tls_opens_a_websocket_over_tls(root: Path, tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    objects = f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"
    relay = ("relay", f"wss://127.0.0.1:0?tls.creds=s&ws.files={root}", "exec:cat", "--object", objects)
    with serving(*relay) as (_, address):
        with browsing(tmp_path / "profile", trusted=pki.dir / "server-cert.pem") as page:
            page.go(address.replace("ws+tls+tcp", "https") + "/")
            assert page.run(ECHO.replace("PROTOCOLS", "[]")) == [300_000, True, "", 1000, True]


def test_a_page_from_elsewhere_is_refused(root: Path, tmp_path: Path) -> None:
    with serving("relay", f"ws://127.0.0.1:0?ws.files={root}", "exec:cat") as (_, address):
        with serving("relay", f"ws://127.0.0.1:0?ws.files={root}", "exec:cat") as (_, elsewhere):
            with browsing(tmp_path / "profile") as page:
                page.go(elsewhere.replace("ws+tcp", "http") + "/")
                url = address.replace("ws+tcp", "ws")
                code = page.run(
                    f"const socket = new WebSocket('{url}');"
                    "return await new Promise((done) => { socket.onclose = (event) => done(event.code); });"
                )
                assert code == 1006


def test_the_transport_of_novnc_sends_and_receives(tmp_path: Path) -> None:
    with serving("relay", f"ws://127.0.0.1:0?ws.files={NOVNC}", "exec:cat") as (_, address):
        with browsing(tmp_path / "profile") as page:
            page.go(address.replace("ws+tcp", "http") + "/vnc_lite.html")
            told = page.run(
                "const { default: Websock } = await import('/core/websock.js');"
                "const sock = new Websock();"
                "const opened = new Promise((done) => sock.on('open', done));"
                "const heard = new Promise((done) =>"
                "  sock.on('message', () => { if (sock.rQlen >= 4) done(sock.rQshiftBytes(4)); }));"
                "sock.open(location.origin.replace('http', 'ws') + '/websockify', []);"
                "await opened;"
                "sock.send([0, 1, 254, 255]);"
                "return Array.from(await heard);"
            )
            assert told == [0, 1, 254, 255]


def test_novnc_shows_a_screen_of_qemu_through_a_relay(tmp_path: Path) -> None:
    vnc = tmp_path / "vnc"
    qemu = [need("qemu-system-x86_64"), "-nodefaults", "-device", "VGA", "-vnc", f"unix:{vnc}"]
    address = f"ws://127.0.0.1:0?ws.files={NOVNC}"
    with running(qemu), serving("relay", address, f"unix://{vnc}") as (_, address):
        with browsing(tmp_path / "profile") as page:
            page.go(address.replace("ws+tcp", "http") + "/vnc_lite.html")
            told = page.run(
                "const { default: RFB } = await import('/core/rfb.js');"
                "const place = document.createElement('div'); document.body.replaceChildren(place);"
                "const rfb = new RFB(place, location.origin.replace('http', 'ws') + '/websockify');"
                "await new Promise((done, failed) => {"
                "  rfb.addEventListener('connect', done); rfb.addEventListener('disconnect', failed); });"
                "return [rfb._fbName, rfb._fbWidth];"
            )
            assert told == ["QEMU", 720]
            page.take_picture(tmp_path / "novnc.png")


def test_a_shell_in_the_page_that_comes_with_us(tmp_path: Path) -> None:
    shell = "pty:?command=env PS1=ready: sh"
    with serving("relay", "ws://127.0.0.1:0?ws.page=console", shell) as (_, address):
        with browsing(tmp_path / "profile") as page:
            page.go(address.replace("ws+tcp", "http") + "/")
            text = page.run(
                """
                const shown = async (wanted) => {
                    for (;;) {
                        const lines = [];
                        const buffer = window.terminal?.buffer.active;
                        for (let at = 0; buffer && at < buffer.length; at++)
                            lines.push(buffer.getLine(at).translateToString(true));
                        const text = lines.join("\\n");
                        if (text.includes(wanted)) return text;
                        await new Promise((done) => setTimeout(done, 20));
                    }
                };
                await shown("ready:");
                window.terminal.input("echo $((6 * 7)) from a browser\\r");
                return await shown("42 from a browser");
                """
            )
            assert "echo $((6 * 7)) from a browser" in text
            assert page.run("return document.getElementById('status').textContent").startswith("connected to")
            page.take_picture(tmp_path / "console.png")


NOVNC_PICTURE = """
    const { default: RFB } = await import('/core/rfb.js');
    const place = document.createElement('div');
    document.body.replaceChildren(place);
    const rfb = new RFB(place, location.origin.replace('http', 'ws') + '/websockify');
    rfb.qualityLevel = 9;
    await new Promise((done, failed) => {
        rfb.addEventListener('connect', done);
        rfb.addEventListener('disconnect', failed);
    });
    const canvas = place.querySelector('canvas');
    for (;;) {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const last = data.length - 4 * 100;
        if (canvas.width === 320 && (data[last] || data[last + 1] || data[last + 2]))
            return [rfb._fbName, canvas.width, canvas.height, Array.from(data)];
        await new Promise((done) => setTimeout(done, 20));
    }
"""


SHARPEN = """
    const { default: RFB } = await import('./novnc/core/rfb.js');
    window.rfb.qualityLevel = 9;
    RFB.messages.fbUpdateRequest(window.rfb._sock, false, 0, 0, 320, 240);
"""
"""Asks for all once more, with the least loss: the page itself takes noVNC's usual quality."""

PAGE_PICTURE = """
    for (;;) {
        const canvas = document.querySelector('#screen canvas');
        if (canvas?.width === 320) {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const last = data.length - 4 * 100;
            if (data[last] || data[last + 1] || data[last + 2])
                return [canvas.width, canvas.height, Array.from(data)];
        }
        await new Promise((done) => setTimeout(done, 20));
    }
"""


@pytest.mark.parametrize("secure", [False, True])
def test_novnc_shows_our_test_card(tmp_path: Path, secure: bool) -> None:
    pki = ThrowAwayPki(tmp_path)
    objects = ("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off")
    scheme, creds = ("wss", "tls.creds=s&") if secure else ("ws", "")
    where = f"{scheme}://127.0.0.1:0?{creds}ws.files={NOVNC}"
    with serving("vnc", "testcard", "--size", "320x240", "--listen", where, *(objects if secure else ())) as (
        _,
        address,
    ):
        with browsing(tmp_path / "profile", trusted=pki.dir / "server-cert.pem") as page:
            page.go(("https:" if secure else "http:") + address.partition(":")[2] + "/vnc_lite.html")
            name, width, height, data = page.run(NOVNC_PICTURE)
    assert name == "iochan testcard"
    assert is_card(width, height, data)


def is_card(width: int, height: int, data: list[int]) -> bool:
    """Tell whether pixels of a canvas are those of the test card."""
    shown = np.array(data, np.uint8).reshape(height, width, 4)[:, :, :3]
    drawn = Framebuffer(320, 240)
    draw_testcard(drawn)
    wanted = drawn.rgb()
    # noVNC asks for JPEG, which the server takes where there are many colours: those lose a little.
    exact = np.array_equal(shown[2:40, 2:318], wanted[2:40, 2:318])
    return exact and bool(np.abs(shown.astype(int) - wanted.astype(int)).mean() < 4)


def test_our_test_card_in_the_viewer_that_comes_with_us(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    argv = (
        *("vnc", "testcard", "--size", "320x240", "--listen", "wss://127.0.0.1:0?tls.creds=s&ws.page=vnc"),
        *("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"),
    )
    with serving(*argv) as (_, address), browsing(tmp_path / "profile", pki.dir / "server-cert.pem") as page:
        page.go("https:" + address.partition(":")[2] + "/?resize=off")
        page.run(PAGE_PICTURE)
        page.run(SHARPEN)
        eventually(lambda: is_card(*page.run(PAGE_PICTURE)))
        assert page.run("return document.title") == "iochan testcard"


TRUST = """
    const until = async (holds) => {
        while (!holds()) await new Promise((done) => setTimeout(done, 20));
    };
    await until(() => document.getElementById("trust")?.hidden === false);
    const shown = document.getElementById("fingerprint").textContent;
    document.querySelector("#trust button").click();
    await until(() => document.getElementById("login").hidden === false);
    document.getElementById("username").value = "joe";
    document.getElementById("password").value = "more than eight";
    document.querySelector("#login button").click();
    await until(() => /^connected/.test(document.getElementById("status").textContent));
    return shown;
"""


def test_novnc_proves_its_user_by_ra2_to_a_server_whose_key_it_was_shown(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    subprocess.run([need("openssl"), "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    argv = (
        *("vnc", "testcard", "--size", "320x240", "--listen", "ws://127.0.0.1:0?ws.page=vnc"),
        *("--object", f"secret,id=key,file={key}", "--ra2-key", "key", "--ra2-type", "RA2ne"),
        *("--object", "secret,id=joe,data=more than eight", "--user", "joe=joe"),
    )
    with serving(*argv) as (_, address), browsing(tmp_path / "profile") as page:
        page.go("http:" + address.partition(":")[2] + "/?resize=off")
        shown = page.run(TRUST)
        page.run(PAGE_PICTURE)
        page.run(SHARPEN)
        eventually(lambda: is_card(*page.run(PAGE_PICTURE)))
    assert shown == Ra2(RsaPrivateKey.from_pem(key.read_bytes())).shown


def test_a_shell_on_a_screen_in_the_viewer_that_comes_with_us(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    argv = (
        *("vnc", "console", "--chardev", "pty,id=sh,command=sh -c 'stty -echo; printf ready; exec cat'"),
        *("--listen", "wss://127.0.0.1:0?tls.creds=s&ws.page=vnc", "--size", "40x6"),
        *("--object", f"tls-creds-x509,id=s,endpoint=server,dir={pki.dir},verify-peer=off"),
        *("--object", "secret,id=word,data=sesame", "--password-secret", "word"),
    )
    wanted = Screen(6, 40)
    wanted.feed(b"readyfrom a browser\r\n")
    wanted.paint()
    with serving(*argv) as (_, address), browsing(tmp_path / "profile", pki.dir / "server-cert.pem") as page:
        page.go("https:" + address.partition(":")[2] + "/?resize=off")
        page.run(
            """
            const until = async (holds) => {
                while (!holds()) await new Promise((done) => setTimeout(done, 20));
            };
            await until(() => document.getElementById("login")?.hidden === false);
            document.getElementById("password").value = "sesame";
            document.querySelector("#login button").click();
            await until(() => document.getElementById("status").textContent.startsWith("connected"));
            for (const character of "from a browser") window.rfb.sendKey(character.codePointAt(0));
            window.rfb.sendKey(0xFF0D, "Enter");
            """
        )
        assert page.run("return document.title") == "sh"

        def agrees() -> bool:
            data = page.run(
                """
                const canvas = document.querySelector("#screen canvas");
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                return Array.from(data);
                """
            )
            shown = np.array(data, np.uint8).reshape(96, 320, 4)[:, :, :3]
            return np.array_equal(shown, wanted.framebuffer.rgb())

        eventually(agrees)
        page.take_picture(tmp_path / "viewer.png")
