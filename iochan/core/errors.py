"""The tree of errors: every exception that iochan raises on purpose.

Each class has, as a second base, the built-in that a Python reader expects, so that both
``except IochanError`` and ``except OSError`` / ``EOFError`` / ``ValueError`` work.

::

    IochanError
    ├── ChannelError
    │   ├── ChannelClosedError   (ValueError)              this program closed it
    │   ├── ChannelBrokenError   (ConnectionError)         the world did; __cause__ says how
    │   │   └── TruncatedError                             the stream ended without its goodbye
    │   ├── ConnectError         (ConnectionError)         nobody could be reached
    │   ├── ChannelBusyError     (RuntimeError)            a second reader or writer
    │   ├── ChannelTimeout       (TimeoutError)            a deadline passed
    │   ├── WouldBlock           (BlockingIOError)         non-blocking mode only
    │   ├── UnexpectedEOF        (EOFError)                .got .wanted
    │   ├── UnsupportedFeature   (io.UnsupportedOperation) .feature
    │   └── DescriptorError      (OSError)                 passed descriptors: lost, refused, unasked
    ├── AddressError             (ValueError)              an address or object text is wrong
    ├── ProtocolError                                      never raised itself
    │   ├── LocalProtocolError                             our caller asked for the forbidden
    │   └── RemoteProtocolError                            the peer sent the forbidden
    │       ├── HandshakeError
    │       │   └── ServedInstead                          the client asked for a page, and got it
    │       └── LimitExceeded                              a length past its named limit
    ├── CredsError               (ValueError)              unusable or unsafe credentials
    │   └── PeerRejected                                   the peer is not who it must be
    ├── CryptoError
    └── SecretError
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "AddressError",
    "ChannelBrokenError",
    "ChannelBusyError",
    "ChannelClosedError",
    "ChannelError",
    "ChannelTimeout",
    "ConnectError",
    "CredsError",
    "CryptoError",
    "DescriptorError",
    "HandshakeError",
    "IochanError",
    "LimitExceeded",
    "LocalProtocolError",
    "PeerRejected",
    "ProtocolError",
    "RemoteProtocolError",
    "SecretError",
    "ServedInstead",
    "TruncatedError",
    "UnexpectedEOF",
    "UnsupportedFeature",
    "WouldBlock",
    "show_bytes",
    "show_known",
    "show_text",
]

_SHOWN_BYTES = 64
_SHOWN_TEXT = 64


def show_bytes(data: bytes | bytearray | memoryview) -> str:
    """Return bytes from a peer as text that is safe in a message: ASCII, at most 64 bytes of it."""
    head = bytes(data[:_SHOWN_BYTES])
    return ascii(head) + ("…" if len(data) > _SHOWN_BYTES else "")


def show_text(text: str) -> str:
    """Return *text* as it may stand in a message: ASCII, quoted, at most 64 characters of it."""
    return ascii(text[:_SHOWN_TEXT]) + ("…" if len(text) > _SHOWN_TEXT else "")


def show_known(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown *name*: what is known, and what may have been meant."""
    names = sorted(known)
    close = get_close_matches(name[:_SHOWN_TEXT], names, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"(known: {', '.join(names) or 'none'}{meant})"


class IochanError(Exception):
    """The root of every error that iochan raises on purpose."""


class ChannelError(IochanError):
    """Something about a channel."""


class ChannelClosedError(ChannelError, ValueError):
    """This program has closed the channel already."""


class ChannelBrokenError(ChannelError, ConnectionError):
    """The world broke the channel; ``__cause__`` says how."""


class TruncatedError(ChannelBrokenError):
    """The stream ended without the goodbye that its protocol asks for."""


class ConnectError(ChannelError, ConnectionError):
    """No connection could be made; the message lists what was tried."""


class ChannelBusyError(ChannelError, RuntimeError):
    """A second reader or a second writer at the same time, which is refused."""


class ChannelTimeout(ChannelError, TimeoutError):  # noqa: N818 - as TimeoutError itself
    """A deadline passed."""


class WouldBlock(ChannelError, BlockingIOError):  # noqa: N818 - a state, as BlockingIOError
    """Nothing could be done without waiting, and the channel is in non-blocking mode."""


class UnexpectedEOF(ChannelError, EOFError):  # noqa: N818 - as EOFError
    """The stream ended before all that was asked for had come.

    Attributes:
        got: How many bytes came.
        wanted: How many were asked for; None when a separator was to come.
    """

    def __init__(self, got: int, wanted: int | None = None) -> None:
        what = f"{got} bytes, before the separator" if wanted is None else f"{got} of {wanted} bytes"
        super().__init__(f"the stream ended after {what}")
        self.got = got
        self.wanted = wanted


class UnsupportedFeature(ChannelError, io.UnsupportedOperation):  # noqa: N818
    """The channel does not have the feature that the call needs.

    Attributes:
        feature: The name of the feature.
    """

    def __init__(self, message: str, feature: str) -> None:
        super().__init__(message)
        self.feature = feature


class DescriptorError(ChannelError, OSError):
    """Passed descriptors were lost on the way, refused, or came unasked."""


class AddressError(IochanError, ValueError):
    """An address, an option or an object's text cannot be used as it stands."""


class ProtocolError(IochanError):
    """A rule of a protocol was broken: see the two subclasses for by whom."""


class LocalProtocolError(ProtocolError):
    """Our own caller asked for something that the protocol forbids now."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the protocol forbids."""


class HandshakeError(RemoteProtocolError):
    """A handshake did not come to its end."""


class ServedInstead(HandshakeError):  # noqa: N818 - names the outcome
    """The client wanted something else at this address, such as a web page, and got it: no failure."""


class LimitExceeded(RemoteProtocolError):  # noqa: N818 - names the state
    """A length or a count from the peer is past its limit."""


class CredsError(IochanError, ValueError):
    """Credentials that cannot or must not be used."""


class PeerRejected(CredsError):  # noqa: N818 - names the verdict
    """The peer is not who it must be."""


class CryptoError(IochanError):
    """A cryptographic operation failed."""


class SecretError(IochanError):
    """A secret cannot be loaded; the message never shows its value."""
