from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from iochan.core.errors import PeerRejected
from iochan.secret.value import Secret
from iochan.vnc.errors import LoginFailed, RfbError, RfbLimit
from iochan.vnc.scram import MAX_ITERATIONS, ScramClient, ScramServer, Verifier, make_verifier, prepared
from iochan.vnc.security import Access, Users

WORD = Secret(b"pencil")
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")


class Book:
    """One user, the example's."""

    def verifier(self, user: str) -> Verifier:
        assert user == "user"
        return make_verifier(WORD, SALT)


def example() -> tuple[ScramClient, ScramServer]:
    server = ScramServer(Book(), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    return ScramClient("user", WORD, "rOprNGfwEbeRWgbNEkqO"), server


def test_the_exchange_is_that_of_rfc_7677() -> None:
    client, server = example()
    begin = client.begin()
    assert begin == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    challenge = server.challenge(begin)
    assert challenge == (
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    proof = client.answer(challenge)
    assert proof == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    verdict = server.verdict(proof)
    assert verdict == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    client.verify(verdict)
    assert server.user == "user"


@settings(max_examples=20)
@given(user=st.text(max_size=20), password=st.binary(max_size=40), other=st.binary(max_size=40))
def test_who_knows_the_password_comes_in_and_nobody_else(user: str, password: bytes, other: bytes) -> None:
    users = Users({user: (Secret(password), Access.VIEW)})
    for tried in (password, other):
        client, server = ScramClient(user, Secret(tried)), ScramServer(users)
        proof = client.answer(server.challenge(client.begin()))
        same = tried == password or _text(tried) == _text(password)
        if same:
            client.verify(server.verdict(proof))
            assert users.granted(server.user) is Access.VIEW
        else:
            with pytest.raises(LoginFailed, match="could not prove"):
                server.verdict(proof)


def _text(password: bytes) -> bytes:
    try:
        return prepared(password.decode()).encode()
    except UnicodeDecodeError:
        return password


def test_who_is_unknown_is_answered_like_who_is_known_and_always_alike() -> None:
    users = Users({"joe": (WORD, Access.FULL)})
    assert users.verifier("nobody") == users.verifier("nobody") != users.verifier("anybody")
    client, server = ScramClient("nobody", WORD), ScramServer(users)
    with pytest.raises(LoginFailed):
        server.verdict(client.answer(server.challenge(client.begin())))
    assert users.granted("nobody") is None


def test_a_server_that_does_not_know_the_password_is_found_out() -> None:
    class Liar(ScramServer):
        @override
        def verdict(self, message: bytes) -> bytes:
            return b"v=" + base64.b64encode(bytes(32))

    client, server = ScramClient("user", WORD), Liar(Book())
    verdict = server.verdict(client.answer(server.challenge(client.begin())))
    with pytest.raises(PeerRejected, match="could not prove that it knows the password"):
        client.verify(verdict)
    with pytest.raises(LoginFailed, match="invalid-proof"):
        client.verify(b"e=invalid-proof")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("I\u00adX", "IX"), ("user", "user"), ("USER", "USER"), ("\u00aa", "a"), ("\u2168", "IX"),
        ("a\u00a0b", "a b"), ("\u0007", "\u0007"), ("\u0627\u0031", "\u0627\u0031"),
    ],
)  # fmt: skip
def test_text_is_prepared_as_rfc_4013_says(text: str, same: str) -> None:
    assert prepared(text) == same


@pytest.mark.parametrize(
    "message",
    [
        b"", b"p=tls-unique,,n=user,r=x", b"n,a=boss,n=user,r=x", b"n,,r=x,n=user", b"n,,n=user",
        b"n,,n=user,r=", b"n,,m=must,n=user,r=x", b"n,,n=a=2,r=x", b"n,,n=a=,r=x", b"\xff\xff",
    ],
)  # fmt: skip
def test_a_first_message_that_breaks_the_rules_is_refused(message: bytes) -> None:
    with pytest.raises(RfbError):
        example()[1].challenge(message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"c=biws", b"c=eSws"), (b"c=biws", b"c=@"), (b"r=rOpr", b"r=xOpr"), (b",p=", b",q="),
        (b"p=dHzb", b"p=@@@@"), (b"p=dHzbZapW", b"p="),
    ],
)  # fmt: skip
def test_a_last_message_that_breaks_the_rules_is_refused(old: bytes, new: bytes) -> None:
    client, server = example()
    proof = client.answer(server.challenge(client.begin()))
    assert old in proof
    with pytest.raises(RfbError):
        server.verdict(proof.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b"i=4096", b"i=4095", RfbLimit), (b"i=4096", b"i=%d" % (MAX_ITERATIONS + 1), RfbLimit),
        (b"i=4096", b"i=" + b"9" * 4000, RfbLimit), (b"i=4096", b"i=-5", RfbLimit),
        (b"r=rOpr", b"r=other", RfbError), (b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", b"", RfbError),
        (b"s=W", b"s=@", RfbError), (b"s=W", b"m=x,s=W", RfbError),
    ],
)  # fmt: skip
def test_a_challenge_that_breaks_the_rules_is_refused(old: bytes, new: bytes, error: type[Exception]) -> None:
    client, server = example()
    challenge = server.challenge(client.begin())
    assert old in challenge
    with pytest.raises(error):
        client.answer(challenge.replace(old, new))
