"""A gateway: viewers come in by its rules, and it goes in to other servers for them by theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iochan.core.channel import Channel
from iochan.core.errors import IochanError
from iochan.core.op import Op
from iochan.vnc.admit import Admission, admit_op
from iochan.vnc.errors import LoginFailed, ServerRefused
from iochan.vnc.lockout import Lockout, host_of
from iochan.vnc.login import Credentials, prove_op
from iochan.vnc.security import Access, Security

__all__ = ["Gateway", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """A server behind a gateway.

    Attributes:
        name: What viewers and messages call it.
        dial: Returns the operation that connects to it, the handshakes of the channel's own layers done.
        credentials: What the gateway proves to it; no secret goes out before TLS has verified the server,
            where they insist on TLS.
    """

    name: str
    dial: Callable[[], Op[Channel]]
    credentials: Credentials


class Gateway:
    """Brings viewers together with servers, of which each pair then speaks RFB as if nobody were between.

    What passes is not looked at: every encoding and extension that both know works.

    Args:
        find: Returns the server for a viewer, by whatever its channel tells, such as the path of a WebSocket;
            it raises an `IochanError`, whose words the viewer hears, where there is none.
        security: Who may come in; None for everybody. Whoever comes in may do all that the server lets do.
        wrap: Puts what should be between, such as a record, on the channel to a server that has let us in: a
            tape of it has no login, and is what `Playback` draws. None for nothing.

    Attributes:
        lockout: Who has failed too often to come in.
    """

    def __init__(
        self,
        find: Callable[[Channel], Target],
        security: Security | None = None,
        wrap: Callable[[Channel], Channel] | None = None,
    ) -> None:
        self._find = find
        self._wrap = wrap
        self.security = security or Security()
        self.lockout = Lockout()

    def introduce_op(self, viewer: Channel, security: Security | None = None) -> Op[tuple[Channel, Channel]]:
        """Do the handshakes with the viewer on *viewer* and with its server, up to the ServerInit.

        What comes from each of the two channels is the other's from then on.

        Args:
            viewer: The viewer's channel.
            security: Who may come in here; None for the gateway's own.

        Returns:
            The viewer's channel, another one if TLS was started, and the server's.

        Raises:
            LoginFailed: The viewer could not prove who it is, or the server did not take what we have.
            HandshakeError: One of them can do nothing of what is needed.
            ServerRefused: The server gave another reason.
            IochanError: There is no server for the viewer, or it cannot be reached.
        """
        found: list[Channel] = []

        def enter_op(client: Admission) -> Op[None]:
            if client.access is not Access.FULL:
                message = "who may only look cannot come in here: the gateway does not see what viewers do"
                raise LoginFailed(message)
            target = self._find(viewer)
            found.append((yield from _reach_op(target)))

        try:
            asked = security or self.security
            client = yield from admit_op(viewer, asked, self.lockout, host_of(viewer), enter_op)
            if self._wrap is not None:
                found[0] = self._wrap(found[0])
            (server,) = found
            yield from server.write_all_op(b"\1" if client.shared else b"\0")
        except BaseException:
            for channel in found:
                channel.abort()
            raise
        return client.channel, server


def _reach_op(target: Target) -> Op[Channel]:
    """Connect to *target* and prove who we are.

    Raises:
        ServerRefused: It cannot be reached, or does not let us in.
    """
    channel: Channel | None = None
    try:
        channel = yield from target.dial()
        return (yield from prove_op(channel, target.credentials))[0]
    except BaseException as error:
        if channel is not None:
            channel.abort()
        if not isinstance(error, (IochanError, OSError)):
            raise
        message = f"{target.name} cannot be shown: {error}"
        raise ServerRefused(message) from error
