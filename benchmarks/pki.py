"""The ``ssl`` contexts over a run's certificates, which `iochan.tls.pki.init_directory` makes (P-256).

Every contender speaks TLS 1.3 with AES-256-GCM: where a library can name the suite it does; ``ssl`` of
Python 3.11 cannot, and gets it as OpenSSL's first choice (checked by :func:`check_suite`).
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.job import Job

SUITE = "TLS_AES_256_GCM_SHA384"
HOSTNAME = "localhost"


def context(job: Job) -> ssl.SSLContext:
    """The context for this side of ``job``: TLS 1.3 only, the client verifies, no session tickets."""
    if job.server:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(job.path / "server-cert.pem", job.path / "server-key.pem")
        made.num_tickets = 0
    else:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(job.path / "ca-cert.pem")
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    return made


def context_or_none(job: Job) -> ssl.SSLContext | None:
    """What asyncio's ``ssl=`` takes: :func:`context` for a TLS row, else None."""
    return context(job) if job.tls else None


def check_suite(cipher: tuple[str, str, int] | None) -> None:
    """Refuse a sample that did not get the suite under measurement."""
    if cipher is None or cipher[0] != SUITE:
        raise ValueError(f"cipher {cipher} instead of {SUITE}: allow this suite in OpenSSL's configuration")
