"""What a session may be made of: OpenSSL's text, or the common words of a GnuTLS priority.

================================  ===============================================================
``NORMAL``                        what iochan takes when nothing is said
``SECURE128``                     the same: nothing weaker is ever offered
``SECURE192``, ``SECURE256``      keys of 256 bits, groups of 384 bits or Curve448, and hybrids
``PFS``, ``PERFORMANCE``          as ``NORMAL``, the second with the quickest ciphers first
``+VERS-TLS1.3``, ``-VERS-ALL``   versions: TLS1.2, TLS1.3, ALL
``-CHACHA20-POLY1305``            ciphers: AES-128-GCM, AES-256-GCM, CHACHA20-POLY1305, CIPHER-ALL
``+GROUP-X25519``                 groups: X25519, X448, SECP256R1, SECP384R1, SECP521R1,
                                  X25519-MLKEM768, ALL
================================  ===============================================================

Text that begins with none of the words is OpenSSL's: names of TLS 1.3 suites, and a cipher list for 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from iochan.core.errors import CredsError, show_known, show_text

__all__ = [
    "GROUPS",
    "MAX_PRIORITY",
    "NEWEST",
    "SUITES",
    "VERSIONS",
    "Kind",
    "Priority",
    "parse_groups",
    "parse_priority",
]

MAX_PRIORITY = 1024
"""Characters."""

Kind = str
"""What proves the peers: ``x509``, ``psk`` or ``anon``."""

_OLD, NEWEST = 0x0303, 0x0304
"""What records call TLS 1.2 and 1.3 (RFC 8446, 4.2.1), and every library too."""

VERSIONS = {"TLS1.2": _OLD, "TLS1.3": NEWEST}

# The name in TLS 1.3, and what of a kind's key exchanges it is combined with in 1.2.
SUITES = {
    "AES-256-GCM": "TLS_AES_256_GCM_SHA384",
    "CHACHA20-POLY1305": "TLS_CHACHA20_POLY1305_SHA256",
    "AES-128-GCM": "TLS_AES_128_GCM_SHA256",
}
# Forward secrecy and authenticated encryption only. Anonymous and pre-shared keys have fewer suites, the
# ones that GnuTLS and OpenSSL share: for anonymous peers that know elliptic curves alone the last is CBC.
_OLD_SUITES: dict[Kind, dict[str, tuple[str, ...]]] = {
    "x509": {
        "AES-256-GCM": ("ECDHE+AES256+AESGCM", "DHE+AES256+AESGCM"),
        "CHACHA20-POLY1305": ("ECDHE+CHACHA20", "DHE+CHACHA20"),
        "AES-128-GCM": ("ECDHE+AES128+AESGCM", "DHE+AES128+AESGCM"),
    },
    "psk": {
        "AES-256-GCM": ("DHE-PSK-AES256-GCM-SHA384",),
        "CHACHA20-POLY1305": ("ECDHE-PSK-CHACHA20-POLY1305", "DHE-PSK-CHACHA20-POLY1305"),
        "AES-128-GCM": ("DHE-PSK-AES128-GCM-SHA256",),
    },
    "anon": {
        "AES-256-GCM": ("ADH-AES256-GCM-SHA384", "AECDH-AES256-SHA"),
        "CHACHA20-POLY1305": (),
        "AES-128-GCM": ("ADH-AES128-GCM-SHA256",),
    },
}
_ORDER = dict.fromkeys(_OLD_SUITES, ("AES-256-GCM", "CHACHA20-POLY1305", "AES-128-GCM"))
_ORDER["psk"] = ("CHACHA20-POLY1305", "AES-256-GCM", "AES-128-GCM")

GROUPS = {
    "X25519-MLKEM768": "X25519MLKEM768",
    "SECP256R1-MLKEM768": "SecP256r1MLKEM768",
    "X25519": "X25519",
    "SECP256R1": "P-256",
    "SECP384R1": "P-384",
    "SECP521R1": "P-521",
    "X448": "X448",
    "FFDHE2048": "ffdhe2048",
    "FFDHE3072": "ffdhe3072",
    "FFDHE4096": "ffdhe4096",
}
_STRONG_GROUPS = ("X25519-MLKEM768", "X448", "SECP384R1", "SECP521R1", "FFDHE4096")
_LEVELS = ("NORMAL", "SECURE128", "SECURE192", "SECURE256", "PFS", "PERFORMANCE")
_SECURITY = "@SECLEVEL=0"


@dataclass(frozen=True, slots=True)
class Priority:
    """What sessions may be made of, in OpenSSL's words.

    Attributes:
        ciphers: The cipher list of TLS 1.2, empty if that version is off.
        suites: The suites of TLS 1.3; None for OpenSSL's.
        lowest: The lowest version.
        highest: The highest version.
        groups: The groups; None for OpenSSL's, the hybrid of X25519 and ML-KEM first.
    """

    ciphers: str
    suites: str | None
    lowest: int
    highest: int
    groups: str | None = None


def parse_priority(text: str | None, kind: Kind) -> Priority:
    """Return what *text* says for credentials of *kind*; None says the default, which is ``NORMAL``.

    Raises:
        CredsError: It says something unknown, or leaves nothing.
    """
    text = "NORMAL" if text is None else text
    if len(text) > MAX_PRIORITY or not text.isascii() or not text.isprintable():
        message = f"priority {show_text(text)} is none: write at most {MAX_PRIORITY} ASCII characters"
        raise CredsError(message)
    first, *rest = text.split(":")
    if first == "NONE":
        message = "priority 'NONE': begin with NORMAL and take away, as in NORMAL:-VERS-ALL:+VERS-TLS1.3"
        raise CredsError(message)
    if first not in _LEVELS:
        return _openssl(text, kind)
    return _gnutls(first, rest, kind)


def parse_groups(text: str) -> str:
    """Return OpenSSL's list of the groups of *text*, separated by colons, in its or GnuTLS' names.

    Raises:
        CredsError: One of them is unknown to both.
    """
    known = {name.lower(): value for name, value in GROUPS.items()}
    known |= {value.lower(): value for value in GROUPS.values()}
    found = []
    for name in text.split(":"):
        group = known.get(name.lower())
        if group is None:
            message = f"group {show_text(name)} is unknown {show_known(name, GROUPS)}"
            raise CredsError(message)
        found.append(group)
    return ":".join(found)


def _openssl(text: str, kind: Kind) -> Priority:
    new = [name for name in text.split(":") if name.startswith("TLS_")]
    old = [name for name in text.split(":") if not name.startswith("TLS_")]
    if kind == "anon":
        if not old:
            message = "anonymous TLS has no TLS 1.3: name cipher suites of TLS 1.2"
            raise CredsError(message)
        new = []
    return _only_12(
        Priority(
            ":".join(old),
            ":".join(new) or None,
            _OLD if old else NEWEST,
            NEWEST,
        ),
        kind,
    )


class _Words:
    """The three lists that words add to and take from."""

    def __init__(self, level: str, kind: Kind) -> None:
        strong = level in {"SECURE192", "SECURE256"}
        self.versions = list(VERSIONS)
        self.ciphers = [name for name in _ORDER[kind] if not strong or "128" not in name]
        if level == "PERFORMANCE":
            self.ciphers.reverse()
        self.groups = list(_STRONG_GROUPS) if strong else []

    def apply(self, word: str) -> None:
        sign, name = word[:1], word[1:]
        if sign not in {"+", "-", "!"}:
            message = f"priority word {show_text(word)} is unknown: begin it with + or -"
            raise CredsError(message)
        for prefix, chosen, known in (
            ("VERS-", self.versions, VERSIONS),
            ("GROUP-", self.groups, GROUPS),
            ("", self.ciphers, SUITES),
        ):
            if name.startswith(prefix):
                short = name.removeprefix(prefix)
                whole = {"ALL", "TLS-ALL"} if prefix else {"CIPHER-ALL"}
                _change(chosen, list(known) if short in whole else [short], list(known), sign, prefix)
                return


def _change(chosen: list[str], names: list[str], known: list[str], sign: str, prefix: str) -> None:
    for name in names:
        if name not in known:
            words = [prefix + one for one in known]
            message = (
                f"priority word {show_text(prefix + name)} is unknown {show_known(prefix + name, words)}"
            )
            raise CredsError(message)
    if sign != "+" and prefix == "GROUP-" and not chosen:
        # No list yet: all that there are, less these.
        chosen.extend(known)
    for name in names:
        if name in chosen:
            chosen.remove(name)
    if sign == "+":
        chosen.extend(names)


def _gnutls(level: str, rest: list[str], kind: Kind) -> Priority:
    words = _Words(level, kind)
    for word in rest:
        words.apply(word)
    old = [suite for name in words.ciphers for suite in _OLD_SUITES[kind][name]]
    if kind == "anon" and "AECDH-AES256-SHA" in old:
        # GnuTLS' clients put it first, so it must be ours that decides, and last.
        old.remove("AECDH-AES256-SHA")
        old.append("AECDH-AES256-SHA")
    versions = [VERSIONS[name] for name in words.versions]
    if kind == "anon":
        versions = [version for version in versions if version == _OLD]
    if not versions or not words.ciphers or not (old or NEWEST in versions):
        message = (
            f"priority {show_text(':'.join((level, *rest)))} leaves nothing: name a version and a cipher"
        )
        raise CredsError(message)
    priority = Priority(
        ":".join(old) if _OLD in versions else "",
        ":".join(SUITES[name] for name in words.ciphers),
        min(versions),
        max(versions),
        ":".join(GROUPS[name] for name in words.groups) or None,
    )
    return _only_12(priority, kind)


def _only_12(priority: Priority, kind: Kind) -> Priority:
    """Let anonymous TLS end at 1.2, which is the last version that has it, and say that it may be weak."""
    if kind != "anon":
        return priority
    ciphers = f"{priority.ciphers}:{_SECURITY}"
    return replace(priority, ciphers=ciphers, suites=None, highest=_OLD)
