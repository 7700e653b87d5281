"""One name that may come in."""

from __future__ import annotations

from typing_extensions import override

from iochan.authz.base import Authz
from iochan.objects import ObjectType, Property

__all__ = ["AUTHZ_SIMPLE", "SimpleAuthz"]


class SimpleAuthz(Authz):
    """Lets in the peer whose name is *identity*, character by character."""

    def __init__(self, identity: str) -> None:
        self._identity = identity

    @override
    def refusal(self, identity: str) -> str | None:
        if identity == self._identity:
            return None
        return "it is not the one name that is allowed: use authz-list for several"


AUTHZ_SIMPLE = ObjectType(
    "authz-simple",
    {"identity": Property("text", required=True, doc="the one name that may come in")},
    SimpleAuthz,
)
"""``--object authz-simple,id=…,identity=…``."""
