"""When a certificate is valid."""

from __future__ import annotations

import datetime as dt

from cryptography import x509

from iochan.tls.finding import Finding, Verdict

__all__ = ["SOON", "check_soon", "check_validity"]

SOON = dt.timedelta(days=30)
"""How long before its end a certificate is worth a warning."""


def check_validity(file: str, certificate: x509.Certificate, now: dt.datetime, whose: str = "") -> Finding:
    """Return whether *certificate* is valid *now* (QEMU's checks 2 and 3); *whose* follows the fact."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    tail = f", that of {whose}" if whose else ""
    if end < now:
        fact = f"expired on {_show_time(end, now)}{tail}"
        return Finding(Verdict.ERROR, file, "not after", fact, "check the clock or reissue it")
    if start > now:
        fact = f"not valid before {_show_time(start, now)}{tail}"
        return Finding(Verdict.ERROR, file, "not before", fact, "check the clock or reissue it")
    return Finding(Verdict.FINE, file, "validity", f"until {end:%Y-%m-%d}{tail}")


def check_soon(file: str, certificate: x509.Certificate, now: dt.datetime) -> Finding:
    """Return whether *certificate*, valid *now*, will still be for a while."""
    end = certificate.not_valid_after_utc
    left = (end - now).days
    if now <= end < now + SOON:
        fact = f"expires on {_show_time(end, now)}, in {left} days"
        return Finding(Verdict.WARNING, file, "expiry", fact, "renew it now")
    return Finding(Verdict.FINE, file, "expiry", f"{left} days left")


def _show_time(when: dt.datetime, now: dt.datetime) -> str:
    form = "%Y-%m-%d" if when.date() != now.date() else "%Y-%m-%d %H:%M:%SZ"
    return f"{when.strftime(form)} (now {now.strftime(form)})"
