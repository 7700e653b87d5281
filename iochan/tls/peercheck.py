"""What a session demands of its peer, asked inside the handshake so that a refusal is an alert."""

from __future__ import annotations

from cryptography import x509

from iochan.authz.base import Authz
from iochan.core.errors import PeerRejected
from iochan.tls.identity import check_hostname, distinguished_name

__all__ = ["PeerCheck"]


class PeerCheck:
    """The demands of one session, and what came of them.

    The engine asks `check_certificate` when the peer's chain has been verified, and `check_identity` when
    a pre-shared key is asked for. A resumed session has no such moment: `require` makes up for it.

    Args:
        hostname: Who a server must be; None to accept every verified one.
        authz: Who may come in; None for everybody.
    """

    __slots__ = ("_authz", "_done", "_hostname", "failure", "psk_identity")

    def __init__(self, hostname: str | None = None, authz: Authz | None = None) -> None:
        self._hostname = hostname
        self._authz = authz
        self._done = False
        self.failure: Exception | None = None
        self.psk_identity: str | None = None

    def check_certificate(self, certificate: x509.Certificate) -> bool:
        """Tell whether the owner of *certificate* meets the demands; if not, `failure` says why."""
        try:
            if self._hostname is not None:
                check_hostname(certificate, self._hostname)
            if self._authz is not None:
                self._authz.require(distinguished_name(certificate))
        except Exception as error:  # noqa: BLE001 - whatever keeps the answer from being yes makes it no
            self.failure = error
            return False
        self._done = True
        return True

    def check_identity(self, identity: str) -> bool:
        """Tell whether the owner of the pre-shared key *identity* may come in."""
        try:
            if self._authz is not None:
                self._authz.require(identity)
        except Exception as error:  # noqa: BLE001 - as above
            self.failure = error
            return False
        self.psk_identity = identity
        return True

    def require(self, certificate: x509.Certificate | None) -> None:
        """Do nothing if a peer with *certificate*, its handshake done, met the demands.

        Raises:
            PeerRejected: It did not, or it sent no certificate.
        """
        if self._done:
            return
        if certificate is None:
            message = "the peer sent no certificate, and one is required: give it one, or set verify_peer off"
            raise PeerRejected(message)
        self.check_certificate(certificate)
        failure = self.take_failure()
        if failure is not None:
            raise failure

    def take_failure(self) -> Exception | None:
        """Return why a demand was not met, once: kept here and raised, it would keep itself alive."""
        failure, self.failure = self.failure, None
        return failure
