from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from iochan.channels.pair import MemoryChannel, memory_pair
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.errors import LoginFailed, RfbError, RfbLimit, SecurityMismatch
from iochan.vnc.sasl import admit_by_sasl_op, log_in_by_sasl_op
from iochan.vnc.security import Access, Logins, Users

WORD = Secret(b"sesame")
USERS = Users({"joe": (WORD, Access.VIEW)})


class Asked:
    """What can only be asked whether a password is right, as PAM can."""

    def access(self, user: str, password: Secret) -> Access | None:
        return USERS.access(user, password)


def packed(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def both(logins: Logins, talk: Callable[[MemoryChannel], Op[Any]]) -> tuple[Any, Any]:
    """Run the server with *logins* against *talk*; return what each returned or raised."""
    near, far = memory_pair()

    def closing(op: Op[Any], channel: MemoryChannel) -> Op[Any]:
        try:
            return (yield from op)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            channel.close()

    loop = PollLoop()
    tasks = [
        Task(loop, closing(admit_by_sasl_op(far, logins), far)),
        Task(loop, closing(talk(near), near)),
    ]
    loop.run()
    return tasks[0].result(), tasks[1].result()


@pytest.mark.parametrize("logins", [USERS, Asked()], ids=["scram", "plain"])
def test_both_ends_agree_on_who_comes_in(logins: Logins) -> None:
    served, told = both(logins, lambda channel: log_in_by_sasl_op(channel, "joe", WORD))
    assert (served, told) == (("joe", Access.VIEW), None)


def test_a_wrong_password_is_an_error_on_both_sides_with_scram_and_no_access_with_plain() -> None:
    wrong = Secret(b"wrong")
    served, told = both(USERS, lambda channel: log_in_by_sasl_op(channel, "joe", wrong))
    assert isinstance(served, LoginFailed)
    assert isinstance(told, LoginFailed)
    assert both(Asked(), lambda channel: log_in_by_sasl_op(channel, "joe", wrong))[0] == ("joe", None)
    assert both(Asked(), lambda channel: log_in_by_sasl_op(channel, "jim", WORD))[0] == ("jim", None)


def test_a_server_that_skips_its_proof_lets_nobody_in() -> None:
    near, far = memory_pair()

    def liar() -> Op[None]:
        yield from far.write_all_op(packed(b"SCRAM-SHA-256"))
        yield from far.read_exactly_op(4 + 13 + 4)
        first = (yield from far.read_op(1000))[:-1]
        nonce = first.partition(b"r=")[2]
        challenge = b"r=" + nonce + b"x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096\0"
        yield from far.write_all_op(packed(challenge) + b"\0")
        yield from far.write_all_op(packed(b"") + b"\1" + bytes(4))  # no proof, and a welcome

    loop = PollLoop()
    tasks = [Task(loop, liar()), Task(loop, log_in_by_sasl_op(near, "joe", WORD), lambda _: None)]
    loop.run()
    tasks[0].result()
    with pytest.raises(LoginFailed, match="gave no proof that it knows the password"):
        tasks[1].result()
    near.abort()
    far.abort()


def test_a_client_may_wait_to_be_asked() -> None:
    def talk(channel: MemoryChannel) -> Op[bytes]:
        offered = yield from channel.read_exactly_op(9)
        assert offered == packed(b"PLAIN")
        yield from channel.write_all_op(packed(b"PLAIN") + packed(b""))
        asked = yield from channel.read_exactly_op(6)
        assert asked == packed(b"\0") + b"\0"
        yield from channel.write_all_op(packed(b"joe\0joe\0sesame\0"))
        return (yield from channel.read_exactly_op(5))

    assert both(Asked(), talk) == (("joe", Access.VIEW), packed(b"") + b"\1")


@pytest.mark.parametrize(
    ("sent", "error", "message"),
    [
        (packed(b"EXTERNAL"), SecurityMismatch, "chose SASL's b'EXTERNAL', offered was PLAIN"),
        (struct.pack(">I", 101), RfbLimit, "101 bytes of SASL at once: at most 100"),
        (packed(b"PLAIN") + struct.pack(">I", codes.MAX_SASL + 1), RfbLimit, "at most 8192 are taken"),
        (packed(b"PLAIN") + packed(b"\0joe\0sesame"), RfbError, "without a NUL at its end"),
        (packed(b"PLAIN") + packed(b"joe\0sesame\0"), RfbError, "an identity, a user and a password"),
        (packed(b"PLAIN") + packed(b"root\0joe\0sesame\0"), RfbError, "on behalf of another one"),
        (packed(b"PLAIN") + packed(b"\0joe\0" + b"x" * 1025 + b"\0"), RfbError, "PLAIN that is not made"),
    ],
)
def test_a_client_that_breaks_the_rules_is_refused(sent: bytes, error: type, message: str) -> None:
    def talk(channel: MemoryChannel) -> Op[bytes]:
        yield from channel.write_all_op(sent)
        return (yield from channel.read_exactly_op(9))

    served, _ = both(Asked(), talk)
    assert type(served) is error
    assert message in str(served)
    assert "sesame" not in str(served)


@pytest.mark.parametrize(
    ("sent", "error", "message"),
    [
        (packed(b"GSSAPI,DIGEST-MD5"), SecurityMismatch, "the server offers 'GSSAPI,DIGEST-MD5' within SASL"),
        (struct.pack(">I", codes.MAX_SASL + 1), RfbLimit, "8193 bytes of SASL at once"),
        (packed(b"PLAIN") + packed(b"") + b"\0" + packed(b"") + b"\0", RfbError, "goes on with SASL"),
        (packed(b"SCRAM-SHA-256") + packed(b"") + b"\1", LoginFailed, "ended SCRAM before it began"),
        (packed(b"PLAIN"), LoginFailed, "ended the connection over SASL"),
    ],
)
def test_a_server_that_breaks_the_rules_is_refused(sent: bytes, error: type, message: str) -> None:
    near, far = memory_pair()
    far.write_all(sent)
    far.write_eof()

    def talk() -> Op[Exception | None]:
        try:
            yield from log_in_by_sasl_op(near, "joe", WORD)
        except Exception as raised:  # noqa: BLE001 - the test looks at it
            return raised
        return None

    loop = PollLoop()
    task = Task(loop, talk())
    loop.run()
    raised = task.result()
    near.abort()
    far.abort()
    assert type(raised) is error
    assert message in str(raised)
