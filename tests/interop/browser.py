"""Chromium without a window, told what to do by the DevTools protocol over a WebSocket of ours."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from iochan.core.opening import connect
from iochan.websocket.layer import WebSocketLayer
from iochan.websocket.message import MessageChannel
from tests.interop.peers import SECONDS, need, read_until, running

__all__ = ["Page", "browsing"]

_ANSWER = 64 << 20


class Page:
    """One page of the browser."""

    def __init__(self, devtools: MessageChannel) -> None:
        self._devtools = devtools
        self._count = 0
        self._session: str | None = None
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def _ask(self, method: str, **params: object) -> Any:
        """Call *method*, and return its result; events in between are passed over."""
        self._count += 1
        call: dict[str, object] = {"id": self._count, "method": method, "params": params}
        if self._session is not None:
            call["sessionId"] = self._session
        self._devtools.send(json.dumps(call))
        while True:
            text = self._devtools.receive(SECONDS)
            assert isinstance(text, str)
            answer = json.loads(text)
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]

    def go(self, url: str) -> None:
        """Load *url*."""
        result = self._ask("Page.navigate", url=url)
        assert "errorText" not in result, result

    def run(self, script: str) -> Any:
        """Run *script* as the body of an async function in the page, and return what it returns."""
        result = self._ask(
            "Runtime.evaluate",
            expression=f"(async () => {{ {script} }})()",
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def take_picture(self, path: Path) -> None:
        """Save what the page shows as a PNG."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot")["data"]))


@contextmanager
def browsing(profile: Path, trusted: Path | None = None) -> Iterator[Page]:
    """Run the browser.

    Args:
        profile: A directory for what it stores.
        trusted: The PEM file of a certificate that it shall take, whoever signed it.
    """
    argv = [need("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    argv += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    if trusted is not None:
        argv.insert(1, f"--ignore-certificate-errors-spki-list={_fingerprint(trusted)}")
    with running(argv) as process:
        told = read_until(process.stdout, b"/devtools/browser/")
        told += process.stdout.readline() if process.stdout is not None else b""
        match = re.search(rb"DevTools listening on (ws://\S+)", told)
        assert match is not None
        channel = connect(match[1].decode(), timeout=SECONDS)
        assert isinstance(channel, WebSocketLayer)
        with MessageChannel(channel, limit=_ANSWER) as devtools:
            yield Page(devtools)


def _fingerprint(path: Path) -> str:
    """Return the hash of a certificate's public key, as browsers write it."""
    key = x509.load_pem_x509_certificate(path.read_bytes()).public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return base64.b64encode(digest.finalize()).decode()
