"""Throw-away certificates for tests: a good directory with QEMU's file names, and bad ones of each kind.

A good directory takes a few milliseconds, so each test can have its own::

    def test_something(tmp_path):
        pki = ThrowAwayPki(tmp_path)
        creds = X509Creds(pki.dir, Endpoint.SERVER)
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from iochan.tls.pki import Authority, Identity, Validity

__all__ = ["ThrowAwayPki"]


class ThrowAwayPki:
    """A CA with a server (``localhost``, 127.0.0.1, ::1) and a client, and directories made from it.

    Every method that returns a directory makes a new one, complete but for what its name says.

    Args:
        path: An empty directory, such as pytest's ``tmp_path``; the caller removes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.authority = Authority.create("throw-away CA")
        self.server = self.authority.issue_server(["localhost"], ["127.0.0.1", "::1"])
        self.client = self.authority.issue_client("throw-away client")
        self.dir: Path = self.directory("good")

    def directory(
        self,
        name: str,
        *,
        authority: Authority | None = None,
        server: Identity | None = None,
        client: Identity | None = None,
    ) -> Path:
        """Return a new directory *name* with the files of what is given, and of the good ones otherwise."""
        made = self._path / name
        made.mkdir()
        pairs = {
            "ca": (authority or self.authority).identity,
            "server": server or self.server,
            "client": client or self.client,
        }
        for stem, identity in pairs.items():
            (made / f"{stem}-cert.pem").write_bytes(identity.certificate_pem())
            if stem != "ca":
                key = made / f"{stem}-key.pem"
                key.touch(0o600)
                key.write_bytes(identity.key_pem())
        return made

    def expired_server_dir(self) -> Path:
        """Return a directory whose server certificate ended a day ago."""
        return self.directory("expired-server", server=self._server(-2, -1))

    def future_server_dir(self) -> Path:
        """Return a directory whose server certificate begins in two days."""
        return self.directory("future-server", server=self._server(2, 4))

    def wrong_ca_dir(self) -> Path:
        """Return a directory of another CA of the same name, with all that it issued."""
        other = Authority.create("throw-away CA")
        server = other.issue_server(["localhost"], ["127.0.0.1", "::1"])
        client = other.issue_client("throw-away client")
        return self.directory("wrong-ca", authority=other, server=server, client=client)

    def wrong_name_dir(self) -> Path:
        """Return a directory whose server certificate is for ``elsewhere.example`` alone."""
        return self.directory("wrong-name", server=self.authority.issue_server(["elsewhere.example"]))

    def chain_dir(self) -> Path:
        """Return a directory whose server and client stand below an intermediate, which their files hold."""
        middle = self.authority.issue_authority("throw-away intermediate CA")
        server = middle.issue_server(["localhost"], ["127.0.0.1", "::1"])
        return self.directory("chain", server=server, client=middle.issue_client("throw-away client"))

    def no_client_dir(self) -> Path:
        """Return a directory without a client's certificate."""
        made = self.directory("no-client")
        (made / "client-cert.pem").unlink()
        (made / "client-key.pem").unlink()
        return made

    def _server(self, start: int, end: int) -> Identity:
        """Return a server's identity that is valid from *start* to *end*, in days from now."""
        now = dt.datetime.now(dt.UTC)
        validity = Validity(now + dt.timedelta(days=start), now + dt.timedelta(days=end))
        return self.authority.issue_server(["localhost"], ["127.0.0.1", "::1"], validity=validity)
