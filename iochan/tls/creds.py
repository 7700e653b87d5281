"""What every kind of TLS credentials has: a side, a directory, and one context for all its sessions."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from typing_extensions import override

from iochan.core.errors import CredsError
from iochan.objects import Property
from iochan.tls.endpoint import Endpoint
from iochan.tls.engines.engine import Engine
from iochan.tls.engines.select import choose_engine
from iochan.tls.settings import Plan, Settings
from iochan.tls.watching import stamp

__all__ = ["ENGINE", "MAX_SESSIONS", "WATCH", "TlsCreds"]

logger = logging.getLogger(__name__)

WATCH = Property("bool", default=False, doc="whether changed files are read anew by the next session")
"""The property of the kinds that have files to watch."""

ENGINE = Property("text", doc="which library does TLS: bindings, pyopenssl or ssl")
"""The property of every kind of credentials."""

MAX_SESSIONS = 256
"""How many sessions a client's creds keep to go on from."""


class TlsCreds(ABC):
    """Credentials that are loaded and checked: a kind of its own sits above.

    One object serves any number of sessions; sessions that run keep what they began with.
    """

    __slots__ = (
        "_context",
        "_dir",
        "_endpoint",
        "_engine",
        "_sessions",
        "_settings",
        "_stamp",
        "_verify_peer",
        "_watched",
    )

    def __init__(
        self,
        *,
        dir: Path | None,  # noqa: A002 - QEMU's name for it
        endpoint: Endpoint,
        verify_peer: bool,
        settings: Settings | None,
    ) -> None:
        self._dir = dir
        self._endpoint = endpoint
        self._verify_peer = verify_peer
        self._settings = settings or Settings()
        self._sessions: dict[str, tuple[object, object]] = {}
        self._engine = choose_engine(self._settings.engine)
        # Looked at before they are read, so that a change in between is seen the next time.
        self._watched = dir if self._settings.watch else None
        self._stamp = () if self._watched is None else stamp(self._watched)
        self._context = self._engine.configure(self.plan())

    @abstractmethod
    def plan(self) -> Plan:
        """Read what the credentials stand on, and return what sessions are to be made of.

        Raises:
            CredsError: Some of it is missing or bad.
        """

    def reload(self) -> None:
        """Read the files anew, for the sessions from now on; those that run keep what they have.

        Raises:
            CredsError: They are bad now; nothing has changed then.
        """
        self._context = self._engine.configure(self.plan())

    def refresh(self) -> None:
        """Do `reload` if the files are watched and have changed; every new session asks for it.

        Bad files change nothing, and the log tells of them once.
        """
        if self._watched is None:
            return
        seen = stamp(self._watched)
        if seen == self._stamp:
            return
        self._stamp = seen
        try:
            self.reload()
        except CredsError as error:
            logger.warning("%s; what was loaded before goes on", error)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(dir={str(self._dir)!r}, endpoint={self._endpoint.value!r})"

    @property
    def dir(self) -> Path | None:
        """The directory that the files came from; None if there is none."""
        return self._dir

    @property
    def endpoint(self) -> Endpoint:
        """The side that these credentials are for."""
        return self._endpoint

    @property
    def verify_peer(self) -> bool:
        """Whether the peer must prove who it is; a server then demands a client's certificate."""
        return self._verify_peer

    @property
    def demands_certificate(self) -> bool:
        """Whether a session ends unless the peer's certificate is good."""
        return self._verify_peer

    @property
    def proves_name(self) -> bool:
        """Whether a peer that comes through the handshake has proved a name."""
        return self._verify_peer

    @property
    def settings(self) -> Settings:
        """What the sessions are made of."""
        return self._settings

    @property
    def engine(self) -> Engine:
        """What does the cryptography."""
        return self._engine

    @property
    def context(self) -> Any:  # noqa: ANN401 - each engine's own
        """What the engine makes sessions of; pyOpenSSL freezes it when the first one is."""
        return self._context

    @property
    def resumes(self) -> bool:
        """Whether a client goes on from earlier sessions, which saves the certificates."""
        return self._settings.resume

    def session_of(self, hostname: str) -> object | None:
        """Return the last session with *hostname* that can be gone on from, once: it is given away."""
        context, session = self._sessions.pop(hostname, (None, None))
        # After a reload none counts that was verified by what stood in the files before.
        return session if context is self._context else None

    def keep_session(self, hostname: str, session: object, context: object) -> None:
        """Keep *session* of *context* for the next connection to *hostname*; the oldest of many goes."""
        self._sessions.pop(hostname, None)
        self._sessions[hostname] = (context, session)
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)), None)

    def require(self, endpoint: Endpoint) -> None:
        """Do nothing if these credentials are for *endpoint*.

        Raises:
            CredsError: They are for the other side.
        """
        if self._endpoint is not endpoint:
            message = (
                f"{self._dir}: expected TLS credentials for a {endpoint.value} endpoint, and these are for a "
                f"{self._endpoint.value}: load them with endpoint={endpoint.value}"
            )
            raise CredsError(message)
