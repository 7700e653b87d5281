"""``iochan vnc console``: one shell, seen by a viewer and by a telnet client at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from iochan.chardev.expect import Console
from iochan.cli.main import main
from iochan.core.errors import IochanError
from iochan.core.opening import connect
from iochan.objects import ObjectStore
from iochan.secret.value import Secret
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.creds import TlsCreds
from iochan.tls.layer import upgrade
from iochan.vnc.client import VncClient
from iochan.vnc.console.screen import Screen
from iochan.vnc.login import Credentials
from tests.interop.peers import eventually, iochan, read_until, running

SHELL = "pty,id=sh,command=sh -c 'stty -echo; printf ready; exec cat'"


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_viewer_and_a_telnet_client_share_a_shell(tmp_path: Path) -> None:
    pki = ThrowAwayPki(tmp_path)
    log = tmp_path / "log"
    argv = iochan(
        *("vnc", "console", "--chardev", f"{SHELL},logfile={log}", "--size", "30x5"),
        *("--listen", "tcp://127.0.0.1:0", "--also-listen", "telnet+tcp://127.0.0.1:0"),
        *("--object", f"tls-creds-x509,id=t,endpoint=server,dir={pki.dir},verify-peer=off"),
        *("--object", "secret,id=word,data=sesame", "--tls-creds", "t", "--password-secret", "word"),
    )
    store = ObjectStore()
    store.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
    creds = store.get("c", object)
    assert isinstance(creds, TlsCreds)
    with running(argv) as process:
        telnet = read_until(process.stdout, b"\n").decode().split()[-1]
        viewers = read_until(process.stdout, b"\n").decode().split()[-1]
        credentials = Credentials(Secret(b"sesame"), x509=upgrade(creds, hostname="localhost"))
        with connect(telnet) as channel, VncClient.connect(connect(viewers), credentials) as viewer:
            terminal = Console(channel, timeout=20)
            terminal.expect("ready")
            viewer.type("from the viewer\n")
            terminal.expect("from the viewer\r\n")
            wanted = Screen(5, 30)
            wanted.feed(b"readyfrom the viewer\r\n")
            wanted.paint()
            eventually(lambda: np.array_equal(viewer.screenshot(), wanted.framebuffer.rgb()))
        process.terminate()
        assert process.wait(20) == 0
    assert "from the viewer" in log.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--size", "0x9"), "--size 0x9: write COLUMNSxROWS"),
        (("--user", "joe"), "--user joe: write NAME=ID"),
        (("--user", "joe=word"), "users with passwords over a channel without TLS"),
        (("--user", "joe=word", "--password-secret", "word"), "asked for one of the two"),
        (("--tls-authz", "staff"), "--tls-authz staff: there are no certificates without --tls-creds"),
        (("--tls-creds", "word"), "word: is no credentials for TLS"),
    ],
)
def test_what_does_not_go_together_is_told(options: tuple[str, ...], told: str) -> None:
    argv = ["vnc", "console", "--chardev", "null,id=n", "--listen", "tcp://127.0.0.1:0"]
    result = CliRunner().invoke(main, [*argv, "--object", "secret,id=word,data=x", *options])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


@pytest.mark.slow
@pytest.mark.parametrize("listed", ["CN=throw-away client", "CN=somebody"])
def test_a_certificate_that_is_not_on_the_list_does_not_come_in(tmp_path: Path, listed: str) -> None:
    pki = ThrowAwayPki(tmp_path)
    argv = iochan(
        *("vnc", "testcard", "--size", "32x32", "--listen", "tcp://127.0.0.1:0"),
        *("--object", f"tls-creds-x509,id=t,endpoint=server,dir={pki.dir}", "--tls-creds", "t"),
        *("--object", f"authz-simple,id=staff,identity={listed}", "--tls-authz", "staff"),
    )
    store = ObjectStore()
    store.add(f"tls-creds-x509,id=c,endpoint=client,dir={pki.dir}")
    creds = store.get("c", object)
    assert isinstance(creds, TlsCreds)
    with running(argv) as process:
        address = read_until(process.stdout, b"\n").decode().split()[-1]
        credentials = Credentials(x509=upgrade(creds, hostname="localhost"))
        if listed == "CN=throw-away client":
            with VncClient.connect(connect(address), credentials) as viewer:
                assert viewer.screenshot(20).shape == (32, 32, 3)
        else:
            with pytest.raises(IochanError):
                VncClient.connect(connect(address), credentials)
