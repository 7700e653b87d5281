"""Which web pages may open a WebSocket here.

Any page in any browser can reach a server on the browser's own machine, so a server must look at who asks
(RFC 6455, 10.2). Programs that are no browsers name no origin, and are let in.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

__all__ = ["ANY_ORIGIN", "allows_origin"]

ANY_ORIGIN = "*"
_PORTS = {"http": 80, "https": 443}


def allows_origin(origin: str | None, host: str, allowed: Collection[str]) -> bool:
    """Tell whether a page of *origin* may connect to *host*.

    Args:
        origin: The request's Origin; None if it has none.
        host: The request's Host.
        allowed: Origins such as ``https://example.org``, or ``*``. With none, a page must come from
            *host* itself, and that must be an address or localhost: any other name could be one that an
            attacker has made to point here.
    """
    if origin is None or ANY_ORIGIN in allowed:
        return True
    if allowed:
        return origin in allowed
    try:
        page = urlsplit(origin)
        port = page.port or _PORTS.get(page.scheme)
        here = urlsplit(f"{page.scheme}://{host}")
        return _is_own(page, here) and port == (here.port or _PORTS.get(page.scheme))
    except ValueError:
        return False


def _is_own(page: SplitResult, here: SplitResult) -> bool:
    if page.scheme not in _PORTS or page.hostname is None or page.hostname != here.hostname:
        return False
    return page.hostname == "localhost" or bool(ip_address(page.hostname))
