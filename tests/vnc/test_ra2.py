from __future__ import annotations

import hashlib
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iochan.channels.pair import MemoryChannel, memory_pair
from iochan.channels.unix import socketpair
from iochan.core.channel import Channel
from iochan.core.errors import CryptoError, IochanError
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.task import Task
from iochan.crypto.rsa import RsaPrivateKey
from iochan.secret.value import Secret
from iochan.vnc import codes
from iochan.vnc.client import VncClient
from iochan.vnc.errors import LoginFailed, RfbError, RfbLimit, SecurityMismatch
from iochan.vnc.framebuffer import Framebuffer
from iochan.vnc.login import Credentials
from iochan.vnc.ra2 import Ra2, admit_by_ra2_op, log_in_by_ra2_op
from iochan.vnc.ra2codec import Ra2Messages
from iochan.vnc.security import Access, Passwords, Security, Users
from iochan.vnc.server import VncServer
from iochan.vnc.testcard import draw_testcard
from tests.vnc.keys import ra2_key

WORD = Secret(b"more than eight bytes")
KEY = ra2_key()
FINGERPRINT = KEY.fingerprint()


def visit(
    security: Security, credentials: Credentials, see: Callable[[VncClient], None] = lambda _: None
) -> tuple[Any, Any]:
    """Let a client in; return the errors of the server's side and of the client's, None for none."""
    near, far = socketpair()
    framebuffer = Framebuffer(300, 200)
    draw_testcard(framebuffer)
    server = VncServer(framebuffer, security=security)

    def talk() -> Op[None]:
        client = yield from VncClient.connect_op(near, credentials)
        see(client)
        assert np.array_equal((yield from client.screenshot_op()), framebuffer.rgb())
        yield from client.close_op()

    loop = PollLoop()
    tasks = [Task(loop, caught(op, channel)) for op, channel in ((server.serve_op(far), far), (talk(), near))]
    loop.run()
    return tasks[0].result(), tasks[1].result()


def caught(op: Op[Any], channel: Channel) -> Op[Any]:
    try:
        return (yield from op)
    except IochanError as error:
        return error
    finally:
        channel.close()


@pytest.mark.parametrize("users", [False, True], ids=["password", "user"])
@pytest.mark.parametrize("number", sorted(codes.RA2_TYPES))
def test_each_type_lets_in_who_has_the_password(number: int, users: bool) -> None:
    seen: list[int] = []
    security = Security(
        None if users else Passwords(WORD),
        Users({"joe": (WORD, Access.FULL)}) if users else None,
        ra2=Ra2(KEY, number),
    )
    weak = number in {codes.RA2_NE, codes.RA2_NE_256}
    given = Credentials(WORD, "joe" if users else None, protected=weak, server_key=FINGERPRINT)
    assert visit(security, given, lambda client: seen.append(client.security)) == (None, None)
    assert seen == [number]


def test_a_wrong_password_hears_so_within_the_encryption() -> None:
    served, told = visit(
        Security(Passwords(WORD), ra2=Ra2(KEY)),
        Credentials(Secret(b"more like"), server_key=FINGERPRINT),
    )
    assert isinstance(served, LoginFailed)
    assert isinstance(told, LoginFailed)
    assert "the password or the user is wrong" in str(told)


def test_a_server_with_another_key_gets_nothing() -> None:
    served, told = visit(Security(Passwords(WORD), ra2=Ra2(KEY)), Credentials(WORD, server_key="00" * 32))
    assert isinstance(told, LoginFailed)
    assert f"has the fingerprint {FINGERPRINT}, which is not the one that was given" in str(told)
    assert served is None  # it was hung up on


def test_a_type_that_encrypts_the_password_alone_is_not_taken_without_tls() -> None:
    _, told = visit(
        Security(Passwords(WORD), ra2=Ra2(KEY, codes.RA2_NE_256)), Credentials(WORD, server_key=FINGERPRINT)
    )
    assert isinstance(told, SecurityMismatch)
    assert "the server offers RA2ne_256, and what it was given makes RA2_256, RA2 possible" in str(told)


@pytest.mark.parametrize(
    "given", [Credentials(WORD), Credentials(server_key=FINGERPRINT)], ids=["no fingerprint", "no password"]
)
def test_a_client_without_one_of_the_two_does_not_begin(given: Credentials) -> None:
    _, told = visit(Security(Passwords(WORD), ra2=Ra2(KEY)), given)
    assert isinstance(told, SecurityMismatch)
    assert "give a password, TLS credentials, or the fingerprint of its RSA key" in str(told)


def test_a_client_without_a_name_is_told_to_give_one() -> None:
    _, told = visit(
        Security(logins=Users({"joe": (WORD, Access.FULL)}), ra2=Ra2(KEY)),
        Credentials(WORD, server_key=FINGERPRINT),
    )
    assert isinstance(told, SecurityMismatch)
    assert "asks for a user" in str(told)


def test_what_is_too_long_is_named() -> None:
    _, told = visit(
        Security(Passwords(WORD), ra2=Ra2(KEY)), Credentials(Secret(b"x" * 256), server_key=FINGERPRINT)
    )
    assert str(told) == "the password has 256 bytes: RA2 carries 255 at most"


def packed(key: RsaPrivateKey) -> bytes:
    return struct.pack(">I", key.bits) + b"".join(
        number.to_bytes(key.size, "big") for number in (key.modulus, key.exponent)
    )


def against(sent: bytes, *, serves: bool) -> Any:
    """Let a peer say *sent* to our server or client; return what becomes of that."""
    near, far = memory_pair(1 << 16)
    far.write_all(sent)
    far.write_eof()
    loop = PollLoop()
    op: Op[Any]
    if serves:
        op = admit_by_ra2_op(near, Ra2(KEY), users=False)
    else:
        op = log_in_by_ra2_op(near, codes.RA2_256, "joe", WORD, FINGERPRINT)
    task = Task(loop, caught(op, near))
    loop.run()
    far.abort()
    return task.result()


@pytest.mark.parametrize("serves", [True, False])
@pytest.mark.parametrize(
    ("sent", "error", "words"),
    [
        (struct.pack(">I", 1023), RfbLimit, "an RSA key of 1023 bits from the"),
        (struct.pack(">I", 1 << 31), RfbLimit, "1024 to 8192 are taken"),
        (struct.pack(">I", 2048) + bytes(255) + b"\1" + bytes(256), RfbError, "of 1 bits from the"),
        (struct.pack(">I", 2048) + b"\xff" * 256 + bytes(256), RfbError, "cannot be used"),
    ],
)
def test_bad_keys_of_a_peer(serves: bool, sent: bytes, error: type, words: str) -> None:
    result = against(sent, serves=serves)
    assert type(result) is error
    assert words in str(result)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (struct.pack(">H", 255) + bytes(255), "a random number of 255 encrypted bytes: our key makes 256"),
        # What decrypts to nothing fails later, at the first message, as a wrong one does.
        (
            struct.pack(">H", 256) + bytes(256) + struct.pack(">H", 32) + bytes(48),
            "a message of RA2 that was",
        ),
        (struct.pack(">H", 256) + bytes(256) + bytes(2), "0 bytes in a message of RA2's handshake"),
        (struct.pack(">H", 256) + bytes(256) + b"\xff\xff", "65535 bytes in a message of RA2's handshake"),
    ],
)
def test_a_client_that_breaks_the_rules(sent: bytes, words: str) -> None:
    assert words in str(against(packed(KEY) + sent, serves=True))


def test_who_passes_on_other_keys_is_found_out() -> None:
    """Somebody in between has keys of his own for both sides."""
    near, far = memory_pair(1 << 16)
    other = RsaPrivateKey.generate(2048)

    def liar(channel: MemoryChannel) -> Op[None]:
        yield from channel.read_exactly_op(len(packed(KEY)))
        yield from channel.write_all_op(packed(other))
        hidden = yield from channel.read_exactly_op(2 + 256)
        told = other.decrypt(hidden[2:])
        secret = bytes(32)
        yield from channel.write_all_op(struct.pack(">H", 256) + KEY.encrypt(secret))
        ours = Ra2Messages("aes-256", hashlib.sha256(told + secret).digest())
        yield from channel.write_all_op(ours.seal(bytes(32)))  # the hash of what it showed to the other side

    loop = PollLoop()
    tasks = [
        Task(loop, caught(admit_by_ra2_op(near, Ra2(KEY), users=False), near)),
        Task(loop, liar(far)),
    ]
    loop.run()
    far.abort()
    tasks[1].result()
    assert "the peer saw other RSA keys than we did" in str(tasks[0].result())


def test_keys_and_types_that_are_none() -> None:
    with pytest.raises(ValueError, match="security type 2 is none of RA2: they are 5, 6, 129, 130"):
        Ra2(KEY, codes.SECURITY_VNC)
    with pytest.raises(ValueError, match="an RSA key of 1024 bits for RA2: make one of 2048 to 8192"):
        Ra2(RsaPrivateKey.generate(1024))
    with pytest.raises(ValueError, match="RA2 asks for a password, and there is none"):
        Security(ra2=Ra2(KEY))
    with pytest.raises(ValueError, match="RA2 beside TLS or SASL"):
        Security(Passwords(WORD), sasl=True, ra2=Ra2(KEY))


def test_a_fingerprint_is_what_openssl_says_of_a_key_that_it_made(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    key = RsaPrivateKey.from_pem(path.read_bytes())
    told = subprocess.run(
        f"openssl pkey -in {path} -pubout -outform DER | sha256sum",
        shell=True,
        check=True,
        capture_output=True,
    )
    assert told.stdout.split()[0].decode() == key.fingerprint()


def test_what_is_no_rsa_key_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CryptoError, match="no private key in PEM"):
        RsaPrivateKey.from_pem(b"words")
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], check=True, capture_output=True)
    with pytest.raises(CryptoError, match="the private key is not of RSA"):
        RsaPrivateKey.from_pem(made.stdout)
