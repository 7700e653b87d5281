"""SASL of VNC, both roles: any bytes are answered, or refused with a documented error.

The first byte says whether they come to a server with SCRAM, to one with PLAIN, or to a client.
"""

from __future__ import annotations

from fuzz.step import hear
from iochan.secret.value import Secret
from iochan.vnc.sasl import admit_by_sasl_op, log_in_by_sasl_op
from iochan.vnc.security import Access, Users

WORD = Secret(b"sesame")
USERS = Users({"joe": (WORD, Access.FULL)})


class Asked:
    """What can only be asked whether a password is right."""

    def access(self, user: str, password: Secret) -> Access | None:
        """Return what *user* may do."""
        return USERS.access(user, password)


def one_input(data: bytes) -> None:
    """Take one side's bytes."""
    hear(
        data,
        (
            lambda channel: admit_by_sasl_op(channel, USERS),
            lambda channel: admit_by_sasl_op(channel, Asked()),
            lambda channel: log_in_by_sasl_op(channel, "joe", WORD),
        ),
    )
