"""Our VNC client against other programs' servers: a screenshot equals what the server itself shows."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iochan.core.channel import Channel
from iochan.core.errors import PeerRejected
from iochan.core.opening import connect
from iochan.core.upgrade import Upgrade
from iochan.secret.value import Secret
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.anon import AnonCreds
from iochan.tls.layer import upgrade
from iochan.tls.x509 import X509Creds
from iochan.vnc import codes
from iochan.vnc.client import PSEUDO, VncClient
from iochan.vnc.errors import LoginFailed, SecurityMismatch
from iochan.vnc.login import Credentials
from iochan.vnc.pixelformat import BGR233, RGB565, PixelFormat
from tests.interop.peers import SECONDS, iochan, need, read_until, running
from tests.interop.screens import password_file, root_pixels, x_screen

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(90)]

PASSWORD = b"sesame12"
TYPES = {
    "None": codes.SECURITY_NONE,
    "VncAuth": codes.SECURITY_VNC,
    "TLSNone": codes.TLS_NONE,
    "TLSVnc": codes.TLS_VNC,
    "TLSPlain": codes.TLS_PLAIN,
    "X509None": codes.X509_NONE,
    "X509Vnc": codes.X509_VNC,
    "X509Plain": codes.X509_PLAIN,
}


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> ThrowAwayPki:
    return ThrowAwayPki(tmp_path_factory.mktemp("pki"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def patiently(port: int) -> Channel:
    """Connect once the program listens."""
    for _ in range(2000):
        try:
            return connect(f"tcp://127.0.0.1:{port}", timeout=SECONDS)
        except OSError:
            continue
    pytest.fail("nobody listens")


def credentials(pki: ThrowAwayPki, name: str, password: bytes = PASSWORD) -> Credentials:
    """Return what a server with the security type *name* wants."""
    x509: Upgrade | None = None
    anon: Upgrade | None = None
    if name.startswith("X509"):
        x509 = upgrade(X509Creds(pki.dir, "client"), hostname="localhost")
    elif name.startswith("TLS"):
        anon = upgrade(AnonCreds("client"))
    word = None if "None" in name else Secret(password)
    # PAM's "su", of which Xvnc asks here, believes root whatever is said.
    return Credentials(word, "root" if "Plain" in name else None, x509=x509, anon=anon)


def see_the_same(client: VncClient, display: int) -> None:
    """Look until the program on *display* has drawn and the client sees it; the test's limit bounds it.

    It draws in black and white, which every pixel format has.
    """
    while True:
        shown = client.screenshot(SECONDS)
        if len(np.unique(shown)) > 1 and np.array_equal(shown, root_pixels(display)):
            return


@pytest.fixture
def xvnc(request: pytest.FixtureRequest, pki: ThrowAwayPki, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Run TigerVNC's Xvnc with the security type that the test names; yield its display and port."""
    port = free_port()
    options = [
        "-rfbport", str(port), "-localhost", "-geometry", "333x222", "-depth", "24",
        "-SecurityTypes", getattr(request, "param", "None"), "-PlainUsers", "root", "-PAMService", "su",
        "-PasswordFile", str(password_file(tmp_path / "password", PASSWORD)),
        "-X509Cert", str(pki.dir / "server-cert.pem"), "-X509Key", str(pki.dir / "server-key.pem"),
    ]  # fmt: skip
    with x_screen("Xtigervnc", *options) as display:
        yield display, port


@pytest.mark.parametrize(("xvnc", "name"), [(name, name) for name in TYPES], indirect=["xvnc"])
def test_a_screenshot_of_xvnc_is_its_screen(xvnc: tuple[int, int], name: str, pki: ThrowAwayPki) -> None:
    display, port = xvnc
    with running([need("xlogo"), "-display", f":{display}", "-geometry", "200x150+20+30"]):
        with VncClient.connect(patiently(port), credentials(pki, name)) as client:
            assert client.security == TYPES[name]
            see_the_same(client, display)


@pytest.mark.parametrize("xvnc", ["VncAuth", "X509Vnc"], indirect=True)
def test_a_wrong_password_is_refused_by_xvnc(
    xvnc: tuple[int, int], pki: ThrowAwayPki, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["xvnc"]
    channel = patiently(xvnc[1])
    with pytest.raises(LoginFailed, match="did not let the client in"):
        VncClient.connect(channel, credentials(pki, name, b"wrong"))
    assert channel.closed


@pytest.mark.parametrize("xvnc", ["X509None"], indirect=True)
def test_a_server_with_another_certificate_gets_nothing(
    xvnc: tuple[int, int], pki: ThrowAwayPki, tmp_path: Path
) -> None:
    other = ThrowAwayPki(tmp_path)
    with pytest.raises(PeerRejected):
        VncClient.connect(patiently(xvnc[1]), credentials(other, "X509Vnc"))


def test_a_client_with_tls_takes_no_server_without(xvnc: tuple[int, int], pki: ThrowAwayPki) -> None:
    with pytest.raises(SecurityMismatch, match="offers None"):
        VncClient.connect(patiently(xvnc[1]), credentials(pki, "X509None"))


FORMATS = {
    "32": PixelFormat(32, 24, False, True, (255, 255, 255), (16, 8, 0)),
    "32-big": PixelFormat(32, 24, True, True, (255, 255, 255), (0, 8, 16)),
    "16": RGB565,
    "8": BGR233,
}


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("encoding", [codes.RAW, codes.RRE, codes.HEXTILE, codes.ZRLE, codes.TIGHT])
def test_every_encoding_of_xvnc_is_understood(
    xvnc: tuple[int, int], encoding: int, form: PixelFormat
) -> None:
    display, port = xvnc
    with running([need("xlogo"), "-display", f":{display}", "-geometry", "200x150+20+30"]):
        with VncClient.connect(patiently(port), encodings=(encoding, *PSEUDO), form=form) as client:
            see_the_same(client, display)


def test_xvnc_takes_another_size_and_has_a_clipboard(xvnc: tuple[int, int]) -> None:
    _, port = xvnc
    with VncClient.connect(patiently(port)) as client, VncClient.connect(patiently(port)) as other:
        client.screenshot(SECONDS)
        client.resize(640, 480)
        # Xvnc answers when an update is asked for.
        client.request()
        while client.framebuffer.width != 640:
            client.receive(SECONDS)
        assert (client.desktop.size_answers, client.desktop.size_status) == (1, codes.SIZE_DONE)
        while other.framebuffer.width != 640:
            other.screenshot(SECONDS)
        assert other.desktop.size_answers == 0


def test_a_share_shows_xvnc_to_many_viewers(xvnc: tuple[int, int]) -> None:
    display, port = xvnc
    patiently(port).close()
    argv = iochan("vnc", "share", f"tcp://127.0.0.1:{port}", "--listen", "tcp://127.0.0.1:0")
    with running([need("xlogo"), "-display", f":{display}", "-geometry", "200x150+20+30"]):
        with running(argv) as process:
            shared = int(read_until(process.stdout, b"\n").decode().rpartition(":")[2])
            with VncClient.connect(patiently(shared)) as one, VncClient.connect(patiently(shared)) as two:
                see_the_same(one, display)
                see_the_same(two, display)
                one.resize(640, 480)
                while one.framebuffer.width != 640:
                    one.screenshot(SECONDS)
                see_the_same(two, display)


QEMU_TYPES = {
    "None": ("", ""),
    "VncAuth": ("", ",password-secret=word"),
    "TLSNone": ("tls-creds-anon", ""),
    "TLSVnc": ("tls-creds-anon", ",password-secret=word"),
    "X509None": ("tls-creds-x509", ""),
    "X509Vnc": ("tls-creds-x509", ",password-secret=word"),
}


@pytest.mark.parametrize("name", QEMU_TYPES)
def test_a_screenshot_of_qemu_is_its_screen(name: str, pki: ThrowAwayPki, tmp_path: Path) -> None:
    kind, password = QEMU_TYPES[name]
    port = free_port()
    argv = [need("qemu-system-x86_64"), "-nodefaults", "-S", "-vga", "std", "-display", "none"]
    argv += ["-monitor", "stdio", "-object", f"secret,id=word,data={PASSWORD.decode()}"]
    if kind:
        directory = f",dir={pki.dir}" if "x509" in kind else ""
        argv += ["-object", f"{kind},id=tls,endpoint=server,verify-peer=off{directory}"]
        password += ",tls-creds=tls"
    argv += ["-vnc", f"127.0.0.1:{port - 5900}{password}"]
    with running(argv) as process:
        read_until(process.stdout, b"(qemu) ")
        with VncClient.connect(patiently(port), credentials(pki, name)) as client:
            assert client.security == TYPES[name]
            shown = client.screenshot(SECONDS)
        assert process.stdin is not None
        process.stdin.write(f"screendump {tmp_path}/screen.ppm\n".encode())
        read_until(process.stdout, b"(qemu) ")
        assert np.array_equal(shown, np.asarray(Image.open(tmp_path / "screen.ppm")))


def test_plain_is_not_said_without_tls(free: int, tmp_path: Path) -> None:
    options = ["-rfbport", str(free), "-localhost", "-SecurityTypes", "Plain", "-PlainUsers", "root"]
    with x_screen("Xtigervnc", *options), pytest.raises(SecurityMismatch, match="the server offers Plain"):
        VncClient.connect(patiently(free), Credentials(Secret(PASSWORD), "root"))


@pytest.fixture
def free() -> int:
    return free_port()


@pytest.mark.parametrize("password", ["", ",password-secret=word"], ids=["open", "password"])
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_a_screenshot_of_qemu_over_websocket_is_its_screen(
    tls: bool, password: str, pki: ThrowAwayPki, tmp_path: Path
) -> None:
    port, web = free_port(), free_port()
    argv = [need("qemu-system-x86_64"), "-nodefaults", "-S", "-vga", "std", "-display", "none"]
    argv += ["-monitor", "stdio", "-object", f"secret,id=word,data={PASSWORD.decode()}"]
    if tls:
        argv += ["-object", f"tls-creds-x509,id=tls,endpoint=server,verify-peer=off,dir={pki.dir}"]
        password += ",tls-creds=tls"
    argv += ["-vnc", f"127.0.0.1:{port - 5900},websocket={web}{password}"]
    picture = tmp_path / "seen.png"
    where = f"{'wss' if tls else 'ws'}://127.0.0.1:{web}/"
    look = iochan("vnc", "screenshot", where + ("?tls.creds=c&tls.hostname=localhost" if tls else ""))
    look += ["-o", str(picture), "--object", f"secret,id=pw,data={PASSWORD.decode()}"]
    look += ["--object", f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}"] if tls else []
    look += ["--password-secret", "pw"] if "word" in password else []
    with running(argv) as process:
        read_until(process.stdout, b"(qemu) ")
        subprocess.run(look, check=True, timeout=SECONDS, capture_output=True)
        assert process.stdin is not None
        process.stdin.write(f"screendump {tmp_path}/screen.ppm\n".encode())
        read_until(process.stdout, b"(qemu) ")
    assert np.array_equal(np.asarray(Image.open(picture)), np.asarray(Image.open(tmp_path / "screen.ppm")))


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
def test_qemu_lets_users_in_by_sasl(mechanism: str, pki: ThrowAwayPki, tmp_path: Path) -> None:
    (tmp_path / "qemu.conf").write_text(f"mech_list: {mechanism}\nsasldb_path: {tmp_path}/users\n")
    add = [need("saslpasswd2"), "-p", "-c", "-a", "qemu", "-f", str(tmp_path / "users"), "joe"]
    subprocess.run(add, input=PASSWORD, check=True, timeout=SECONDS)
    port = free_port()
    argv = ["env", f"SASL_CONF_PATH={tmp_path}", need("qemu-system-x86_64"), "-nodefaults", "-S"]
    argv += ["-vga", "std", "-vnc", f"127.0.0.1:{port - 5900},sasl=on,tls-creds=tls"]
    argv += ["-object", f"tls-creds-x509,id=tls,endpoint=server,verify-peer=off,dir={pki.dir}"]
    start = upgrade(X509Creds(pki.dir, "client"), hostname="localhost")
    with running(argv):
        with pytest.raises(LoginFailed, match="over SASL, as it may where the user or the password is wrong"):
            VncClient.connect(patiently(port), Credentials(Secret(b"wrong"), "joe", x509=start))
        with VncClient.connect(patiently(port), Credentials(Secret(PASSWORD), "joe", x509=start)) as client:
            assert client.security == codes.X509_SASL
            assert len(np.unique(client.screenshot(SECONDS))) > 1


@pytest.mark.parametrize("encoding", [codes.HEXTILE, codes.ZLIB, codes.ZRLE, codes.TIGHT, codes.TIGHT_PNG])
def test_every_encoding_of_qemu_is_understood(encoding: int) -> None:
    port = free_port()
    argv = [
        need("qemu-system-x86_64"),
        "-nodefaults",
        "-S",
        "-vga",
        "std",
        "-vnc",
        f"127.0.0.1:{port - 5900}",
    ]
    with running(argv):
        with VncClient.connect(patiently(port), encodings=(codes.RAW, *PSEUDO)) as client:
            plain = client.screenshot(SECONDS)
            assert len(np.unique(client.framebuffer.pixels)) > 1
        with VncClient.connect(patiently(port), encodings=(encoding, *PSEUDO)) as client:
            assert np.array_equal(client.screenshot(SECONDS), plain)


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_screenshot_of_x11vnc_is_its_screen(password: bytes | None) -> None:
    with x_screen("Xvfb", "-screen", "0", "320x240x24") as display:
        port = free_port()
        word = ["-nopw"] if password is None else ["-passwd", password.decode()]
        argv = [need("x11vnc"), "-display", f":{display}", "-localhost", "-rfbport", str(port)]
        argv += ["-forever", "-nocursor", "-noshm", "-quiet", *word]
        secret = None if password is None else Secret(password)
        with running(argv), VncClient.connect(patiently(port), Credentials(secret)) as client:
            assert np.array_equal(client.screenshot(SECONDS), root_pixels(display))
