"""The answer of a CA's responder (OCSP, RFC 6960) that a server sends with its certificate."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509 import ocsp

from iochan.core.errors import CredsError
from iochan.tls.unreadable import UNREADABLE

__all__ = ["Staple"]


@dataclass(frozen=True, slots=True)
class Staple:
    """An answer, and until when it counts; None for ever."""

    der: bytes
    until: dt.datetime | None

    @classmethod
    def parse(cls, name: str, der: bytes, certificate: x509.Certificate) -> Staple:
        """Return the answer *der* for *certificate*; *name* begins a message.

        Raises:
            CredsError: It is no answer, none for *certificate*, or does not call it good.
        """
        cure = "get a fresh one, as with openssl ocsp -respout"
        junk = f"{name}: holds no OCSP answer in DER for one certificate: {cure}"
        try:
            answer = ocsp.load_der_ocsp_response(der)
        except UNREADABLE as error:
            raise CredsError(junk) from error
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise CredsError(f"{name}: the responder answered {answer.response_status.name}: {cure}")
        try:
            serial, status = answer.serial_number, answer.certificate_status
            until = answer.next_update_utc
        except UNREADABLE as error:
            # One for several certificates, which no server needs.
            raise CredsError(junk) from error
        if serial != certificate.serial_number:
            raise CredsError(f"{name}: is about another certificate, of serial number {serial}: {cure}")
        if status is not ocsp.OCSPCertStatus.GOOD:
            raise CredsError(f"{name}: calls the certificate {status.name}: reissue the certificate")
        return cls(der, until)

    def now(self) -> bytes:
        """Return the answer; nothing once it counts no longer."""
        if self.until is not None and self.until < dt.datetime.now(dt.UTC):
            return b""
        return self.der
