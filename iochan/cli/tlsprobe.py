"""What a TLS server offers, found out by handshakes that each allow less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography import x509
from OpenSSL import SSL
from typing_extensions import override

from iochan.core.channel import Channel
from iochan.core.errors import ChannelError, CredsError, ProtocolError
from iochan.core.opening import connect
from iochan.tls.creds import TlsCreds
from iochan.tls.endpoint import Endpoint
from iochan.tls.facts import TLS_CIPHER, TLS_GROUP, TLS_PEER_CHAIN, TLS_VERSION
from iochan.tls.layer import tls_client
from iochan.tls.priority import GROUPS, VERSIONS
from iochan.tls.settings import Plan, Settings

__all__ = ["Offer", "probe"]

_SECONDS = 5.0
_PATIENCE = 1.0
_ASKED = b"certificate request"


@dataclass(slots=True)
class Offer:
    """What a server was found to offer.

    Attributes:
        chosen: What it chose when everything was offered: version, cipher and group.
        versions: The versions that it speaks.
        suites: The cipher suites of each version, in the order in which it chooses.
        groups: The groups that it speaks.
        chain: The certificates that it sends, its own first.
        asks_certificate: Whether it asks for a client's certificate: ``no``, ``wants`` or ``requires``.
    """

    chosen: dict[str, str | None]
    versions: list[str] = field(default_factory=list)
    suites: dict[str, list[str]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    chain: list[x509.Certificate] = field(default_factory=list)
    asks_certificate: str = "no"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it, the chain by subjects."""
        return {
            "chosen": self.chosen,
            "versions": self.versions,
            "suites": self.suites,
            "groups": self.groups,
            "chain": [
                {
                    "subject": one.subject.rfc4514_string(),
                    "issuer": one.issuer.rfc4514_string(),
                    "until": f"{one.not_valid_after_utc:%Y-%m-%d}",
                }
                for one in self.chain
            ],
            "client_certificate": self.asks_certificate,
        }


def probe(address: str, hostname: str | None) -> Offer:
    """Return what the TLS server at *address*, a stack without TLS, offers; nothing is verified.

    Makes some thirty connections one after the other.

    Raises:
        HandshakeError: It speaks no TLS, or none that iochan speaks.
    """
    found = Offer({})
    with _Trial(address, hostname, Settings()) as channel:
        found.chosen = {
            "version": channel.extra(TLS_VERSION),
            "cipher": channel.extra(TLS_CIPHER),
            "group": channel.extra(TLS_GROUP),
        }
        found.chain = channel.extra(TLS_PEER_CHAIN)
    found.asks_certificate = _ask(address, hostname)
    for version in VERSIONS:
        suites = list(_suites(address, hostname, version))
        if suites:
            found.versions.append(version)
            found.suites[version] = suites
    found.groups = [name for name in GROUPS if _works(address, hostname, Settings(groups=name))]
    return found


class _Anybody(TlsCreds):
    """A client that trusts whoever answers, by the engine that can do everything."""

    def __init__(self, settings: Settings) -> None:
        everything = replace(settings, engine="bindings")
        super().__init__(dir=None, endpoint=Endpoint.CLIENT, verify_peer=False, settings=everything)

    @override
    def plan(self) -> Plan:
        return Plan(self.endpoint, "x509", self.settings)


class _Trial:
    """One connection with *settings*, of *version* alone if one is given, and its handshake.

    Attributes:
        asked: Whether the server asked for a certificate.
        cipher: What it chose, also when the handshake failed later because there is no certificate.
    """

    def __init__(self, address: str, hostname: str | None, settings: Settings, version: str = "") -> None:
        self._creds = _Anybody(settings)
        if version:
            self._creds.context.set_min_proto_version(VERSIONS[version])
            self._creds.context.set_max_proto_version(VERSIONS[version])
        self.asked = False
        self.cipher = ""
        self._creds.context.set_info_callback(self._note)
        self._address = address
        self._hostname = hostname
        self._channel: Channel | None = None

    def _note(self, connection: SSL.Connection, _where: int, _result: int) -> None:
        self.asked = self.asked or _ASKED in connection.get_state_string()

    def __enter__(self) -> Channel:
        channel = connect(self._address, timeout=_SECONDS)
        self._channel = tls_client(channel, self._creds, hostname=self._hostname)
        try:
            self._channel.handshake(_SECONDS)
        except BaseException:
            self.cipher = self._channel.extra(TLS_CIPHER)
            self._channel.abort()
            raise
        self.cipher = self._channel.extra(TLS_CIPHER)
        self._channel.timeout = _SECONDS
        return self._channel

    def __exit__(self, *_: object) -> None:
        if self._channel is not None:
            self._channel.abort()


def _works(address: str, hostname: str | None, settings: Settings) -> bool:
    try:
        with _Trial(address, hostname, settings):
            return True
    except (ProtocolError, ChannelError, CredsError):
        return False


def _suites(address: str, hostname: str | None, version: str) -> Iterator[str]:
    """Yield what the server chooses of the suites of *version*, each time without those before."""
    context = _Anybody(Settings()).context
    is_new = version == "TLS1.3"
    offered = SSL.Connection(context, None).get_cipher_list()
    left = [name for name in offered if name.startswith("TLS_") is is_new]
    while left:
        trial = _Trial(address, hostname, Settings(":".join(left)), version)
        with suppress(ProtocolError, ChannelError), trial:
            pass
        if trial.cipher not in left:
            return
        yield trial.cipher
        left.remove(trial.cipher)


def _ask(address: str, hostname: str | None) -> str:
    """Return whether the server asks for a certificate, and whether it lets in who has none."""
    for version in VERSIONS:
        answer = _answer(_Trial(address, hostname, Settings(), version))
        if answer is not None:
            return answer
    return "no"


def _answer(trial: _Trial) -> str | None:
    """Return what *trial* tells of it; None when it had another end."""
    try:
        with trial as channel:
            if trial.asked:
                # In TLS 1.3 the refusal comes whenever the server gets to it.
                channel.timeout = _PATIENCE
                channel.read()
    except TimeoutError:
        return "wants"
    except (ProtocolError, ChannelError):
        return "requires" if trial.asked else None
    return "wants" if trial.asked else "no"
