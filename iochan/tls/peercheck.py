"""What a session demands of its peer, asked inside the handshake so that a refusal is an alert."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography import x509

from iochan.authz.base import Authz
from iochan.core.errors import IochanError, PeerRejected, show_text
from iochan.tls.identity import alternative_names, check_hostname, distinguished_name
from iochan.tls.ocsp import OcspPolicy, check_answer
from iochan.tls.unreadable import UNREADABLE

__all__ = ["PeerCheck"]


class PeerCheck:
    """The demands of one session, and what came of them.

    The engine asks `check_certificate` when the peer's chain has been verified, and `check_identity` when
    a pre-shared key is asked for. A resumed session has no such moment: `require` makes up for it.

    Args:
        hostname: Who a server must be; None to accept every verified one.
        authz: Who may come in; None for everybody.
        by_alternative: Whether *authz* is asked for the certificate's alternative names, of which one has
            to be allowed, and not for its subject.
        ocsp: What is wanted of the answer of the CA's responder that a server may send along.
    """

    __slots__ = (
        "_authz",
        "_by_alternative",
        "_done",
        "_hostname",
        "_ocsp",
        "_stapled",
        "failure",
        "psk_identity",
    )

    def __init__(
        self,
        hostname: str | None = None,
        authz: Authz | None = None,
        *,
        by_alternative: bool = False,
        ocsp: OcspPolicy = OcspPolicy.OFF,
    ) -> None:
        self._hostname = hostname
        self._authz = authz
        self._by_alternative = by_alternative
        self._ocsp = ocsp
        self._done = False
        self._stapled = not self.wants_staple
        self.failure: Exception | None = None
        self.psk_identity: str | None = None

    @property
    def wants_staple(self) -> bool:
        """Whether a client has to ask for the answer of the CA's responder."""
        return self._ocsp is not OcspPolicy.OFF

    def check_certificate(self, read: Callable[[], x509.Certificate]) -> bool:
        """Tell whether the owner of the certificate that *read* returns meets the demands.

        If not, `failure` says why.
        """
        try:
            self._check(read())
        except IochanError as error:
            self.failure = error
        except UNREADABLE as error:
            # OpenSSL lets pass what cryptography does not.
            message = f"the peer's certificate cannot be read ({show_text(str(error))}): reissue it"
            self.failure = PeerRejected(message)
        except Exception as error:  # noqa: BLE001 - whatever keeps the answer from being yes makes it no
            self.failure = error
        else:
            self._done = True
        return self._done

    def check_staple(self, der: bytes, read: Callable[[], Sequence[x509.Certificate]]) -> bool:
        """Tell whether *der*, empty for nothing, is what is wanted for the chain that *read* returns.

        If not, `failure` says why.
        """
        try:
            check_answer(self._ocsp, der, read())
        except Exception as error:  # noqa: BLE001 - whatever keeps the answer from being yes makes it no
            self.failure = error
        else:
            self._stapled = True
        return self._stapled

    def _check(self, certificate: x509.Certificate) -> None:
        if self._hostname is not None:
            check_hostname(certificate, self._hostname)
        if self._authz is None:
            return
        if self._by_alternative:
            self._authz.require_any(alternative_names(certificate))
        else:
            self._authz.require(distinguished_name(certificate))

    def check_identity(self, identity: str) -> bool:
        """Tell whether the owner of the pre-shared key *identity* may come in."""
        try:
            if self._authz is not None:
                self._authz.require(identity)
        except Exception as error:  # noqa: BLE001 - as for a certificate
            self.failure = error
            return False
        self.psk_identity = identity
        return True

    def require(self, read: Callable[[], x509.Certificate | None]) -> None:
        """Do nothing if a peer, its handshake done, met the demands; *read* returns its certificate.

        Raises:
            PeerRejected: It did not, or it sent no certificate.
        """
        if self._done:
            if self._stapled:
                return
            message = "the server was not asked for the answer of its CA's responder (OCSP): set ocsp=off"
            raise PeerRejected(message)
        certificate = read()
        if certificate is None:
            message = "the peer sent no certificate, and one is required: give it one, or set verify_peer off"
            raise PeerRejected(message)
        self.check_certificate(lambda: certificate)
        failure = self.take_failure()
        if failure is not None:
            raise failure

    def take_failure(self) -> Exception | None:
        """Return why a demand was not met, once: kept here and raised, it would keep itself alive."""
        failure, self.failure = self.failure, None
        return failure
