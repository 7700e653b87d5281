from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from iochan.core.errors import CredsError
from iochan.tls.endpoint import Endpoint
from iochan.tls.engines.select import choose_engine
from iochan.tls.priority import parse_groups, parse_priority
from iochan.tls.settings import Plan, Settings

T12, T13 = SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        (None, T12, T13),
        ("NORMAL", T12, T13),
        ("NORMAL:-VERS-ALL:+VERS-TLS1.3", T13, T13),
        ("NORMAL:-VERS-TLS-ALL:+VERS-TLS1.2", T12, T12),
        ("NORMAL:-VERS-TLS1.3", T12, T12),
        ("NORMAL:!VERS-TLS1.2", T13, T13),
        ("TLS_AES_128_GCM_SHA256", T13, T13),
        ("ECDHE+AESGCM", T12, T13),
    ],
)
def test_versions_are_chosen_by_words(text: str | None, lowest: int, highest: int) -> None:
    priority = parse_priority(text, "x509")
    assert (priority.lowest, priority.highest) == (lowest, highest)


def test_ciphers_are_taken_away_and_put_last() -> None:
    whole = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
    assert parse_priority("NORMAL", "x509").suites == whole
    assert "CHACHA20" not in str(parse_priority("NORMAL:-CHACHA20-POLY1305", "x509"))
    only = parse_priority("NORMAL:-CIPHER-ALL:+AES-128-GCM", "x509")
    assert only.suites == "TLS_AES_128_GCM_SHA256"
    assert only.ciphers == "ECDHE+AES128+AESGCM:DHE+AES128+AESGCM"
    assert str(parse_priority("NORMAL:+AES-256-GCM", "x509").suites).endswith(":TLS_AES_256_GCM_SHA384")
    assert "128" not in str(parse_priority("SECURE256", "x509").suites)
    assert str(parse_priority("PERFORMANCE", "x509").suites).startswith("TLS_AES_128_GCM")


def test_groups_are_chosen_in_the_names_of_both() -> None:
    assert parse_priority("NORMAL", "x509").groups is None
    assert parse_priority("NORMAL:+GROUP-X25519:+GROUP-SECP384R1", "x509").groups == "X25519:P-384"
    assert "MLKEM" not in str(parse_priority("NORMAL:-GROUP-X25519-MLKEM768", "x509").groups).replace(
        "SecP256r1MLKEM768", ""
    )
    assert parse_groups("x25519mlkem768:secp256r1:X448") == "X25519MLKEM768:P-256:X448"


def test_anonymous_tls_ends_at_1_2_whatever_is_said() -> None:
    for text in (None, "NORMAL", "ADH-AES256-GCM-SHA384"):
        priority = parse_priority(text, "anon")
        assert priority.highest == T12
        assert priority.ciphers.endswith(":@SECLEVEL=0")
    assert "AECDH-AES256-SHA:@" in parse_priority(None, "anon").ciphers


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("NORMAL:AES-128-GCM", "x509", "begin it with"),
        ("NORMAL:+VERS-TLS1.1", "x509", "'VERS-TLS1.1' is unknown .*VERS-TLS1.2"),
        ("NORMAL:-AES-256-CBC", "x509", "is unknown .known: AES-128-GCM"),
        ("NORMAL:+GROUP-X2551", "x509", "did you mean 'GROUP-X25519'"),
        ("NORMAL:-VERS-ALL", "x509", "leaves nothing"),
        ("NORMAL:-CIPHER-ALL", "psk", "leaves nothing"),
        ("NORMAL:-VERS-TLS1.2", "anon", "leaves nothing"),
        ("TLS_AES_128_GCM_SHA256", "anon", "anonymous TLS has no TLS 1.3"),
        ("NONE:+VERS-TLS1.3", "x509", "begin with NORMAL"),
        ("é", "x509", "ASCII"),
        ("N" * 2000, "x509", "at most 1024"),
        ("NO-SUCH-CIPHER", "x509", "OpenSSL knows none of it"),
        ("TLS_NO_SUCH", "x509", "OpenSSL knows none of it"),
    ],
)
def test_what_cannot_be_had_is_told(text: str, kind: str, message: str) -> None:
    with pytest.raises(CredsError, match=message):
        choose_engine().configure(Plan(Endpoint.SERVER, kind, Settings(text)))


@pytest.mark.parametrize("kind", ["x509", "psk", "anon"])
@pytest.mark.parametrize("level", ["NORMAL", "SECURE128", "SECURE192", "SECURE256", "PFS", "PERFORMANCE"])
def test_openssl_knows_what_every_level_becomes(level: str, kind: str) -> None:
    context = choose_engine().configure(Plan(Endpoint.CLIENT, kind, Settings(level)))
    assert SSL.Connection(context, None).get_cipher_list()


def test_unknown_groups_are_told() -> None:
    with pytest.raises(CredsError, match="group 'P-257' is unknown"):
        choose_engine().configure(Plan(Endpoint.SERVER, "x509", Settings(groups="P-257")))


@given(
    st.lists(
        st.sampled_from(
            ["NORMAL", "+VERS-ALL", "-VERS-TLS1.2", "-CIPHER-ALL", "+GROUP-ALL", "SECURE256", "x", ""]
        )
    ).map(":".join)
    | st.text(max_size=40)
)
def test_any_text_is_a_priority_or_refused(text: str) -> None:
    try:
        priority = parse_priority(text, "x509")
    except CredsError as error:
        assert str(error).count(": ")  # noqa: PT017 - every message has its cure
        return
    assert T12 <= priority.lowest <= priority.highest <= T13
