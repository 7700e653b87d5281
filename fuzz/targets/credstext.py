"""Texts of credentials, PEM, PSK and priority: whatever they are, they are read or refused by `CredsError`.

The first byte says which of them the rest is.
"""

from __future__ import annotations

from contextlib import suppress

from iochan.core.errors import CredsError
from iochan.tls.endpoint import Endpoint
from iochan.tls.material import Material
from iochan.tls.pemfile import parse_certificates, parse_crls, parse_key
from iochan.tls.priority import parse_groups, parse_priority
from iochan.tls.pskfile import MAX_KEY, MAX_USER, parse_keys
from iochan.tls.sanity import check_material


def one_input(data: bytes) -> None:
    """Check one input; any exception but `CredsError` is a finding."""
    kind, text = data[:1], data[1:]
    with suppress(CredsError):
        if kind == b"c":
            found = tuple(parse_certificates("c", text))
            list(check_material(Material(Endpoint.CLIENT, "c", found)))
        elif kind == b"r":
            parse_crls("r", text)
        elif kind == b"k":
            parse_key("k", text, text[:16])
        elif kind == b"p":
            for user, key in parse_keys("p", text).items():
                assert len(user.encode()) <= MAX_USER
                assert len(key) <= MAX_KEY
        elif kind == b"g":
            parse_groups(text.decode("latin-1"))
        else:
            for one in ("x509", "psk", "anon"):
                with suppress(CredsError):
                    parse_priority(text.decode("latin-1"), one)
