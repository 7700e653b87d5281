"""What an engine is: it makes a context of a plan, and sessions of a context."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Final

from iochan.core.errors import CredsError, UnsupportedFeature
from iochan.tls.ability import TABLE, Ability, engines_with
from iochan.tls.codec import TlsCodec
from iochan.tls.keylog import check_keylog
from iochan.tls.ocsp import OcspPolicy
from iochan.tls.peercheck import PeerCheck
from iochan.tls.priority import NEWEST, SUITES, Priority, parse_groups, parse_priority
from iochan.tls.settings import Plan

__all__ = ["SESSION_NAME", "Engine", "lacking"]

SESSION_NAME: Final = b"iochan"
"""OpenSSL resumes no session that verified its peer unless the context has a name of its own."""


class Engine(ABC):
    """A library that does TLS.

    Attributes:
        name: What settings and the environment call it.
    """

    name: str

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do beyond what all engines can."""
        return TABLE[self.name]

    def configure(self, plan: Plan) -> Any:  # noqa: ANN401 - each engine's own
        """Return a new context: what all sessions of *plan* are made from.

        Raises:
            CredsError: The plan says something that is unknown, unusable, or beyond this engine.
        """
        priority = parse_priority(plan.settings.priority, plan.kind)
        groups = priority.groups if plan.settings.groups is None else parse_groups(plan.settings.groups)
        for ability in _needs(plan, priority, groups):
            if ability not in self.abilities:
                others = " or ".join(engines_with(ability))
                message = f"the TLS engine {self.name} has no {ability.value}: do without, or take {others}"
                raise CredsError(message)
        if plan.settings.keylog is not None:
            check_keylog(plan.settings.keylog)
        plan.settings.protocols()
        return self.build(plan, priority, groups)

    @abstractmethod
    def build(self, plan: Plan, priority: Priority, groups: str | None) -> Any:  # noqa: ANN401
        """Do `configure` for a plan that needs nothing which the engine lacks."""

    @abstractmethod
    def codec(
        self,
        context: Any,  # noqa: ANN401
        *,
        server: bool,
        server_name: str | None = None,
        check: PeerCheck | None = None,
        alpn: tuple[str, ...] = (),
    ) -> TlsCodec:
        """Return a new session of *context*.

        Args:
            context: What `configure` made.
            server: Which side we are.
            server_name: What a client asks for by SNI (ASCII); None for nothing.
            check: What the peer must meet; None for no more than the context demands.
            alpn: The application protocols, for messages.
        """


def _needs(plan: Plan, priority: Priority, groups: str | None) -> Iterator[Ability]:
    """Yield what an engine must be able to do for *plan*."""
    if plan.kind == "psk":
        yield Ability.PSK
    if groups is not None:
        yield Ability.GROUPS
    # All of the suites are what every library has by itself; their order is the server's to choose.
    suites = set((priority.suites or "").split(":")) if priority.highest == NEWEST else {""}
    if suites not in ({""}, set(SUITES.values())):
        yield Ability.SUITES
    if plan.material is not None and plan.material.crls:
        listed = {crl.issuer for crl in plan.material.crls}
        if any(one.subject not in listed for one in plan.material.authorities):
            yield Ability.SOME_LISTS
    if plan.material is not None and any(pair.staple is not None for pair in plan.material.identities):
        yield Ability.STAPLES
    if plan.settings.ocsp is not OcspPolicy.OFF:
        yield Ability.OCSP


def lacking(engine: str, ability: Ability) -> UnsupportedFeature:
    """Return the error for a fact of a session that *engine* cannot tell."""
    others = " or ".join(engines_with(ability))
    message = f"the TLS engine {engine} has no {ability.value}: take {others}"
    return UnsupportedFeature(message, ability.name)
