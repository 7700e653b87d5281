"""Text to stack: whose option is whose, what is refused, and what a refusal says."""

from __future__ import annotations

import pytest

from iochan.address import FdAddress, InetAddress, LayerSpec, Stack, UnixAddress, parse_stack
from iochan.core.errors import AddressError

KNOWN = {"tls": ("creds", "hostname"), "ws": ("path", "origin"), "throttle": ("rate",)}

H = InetAddress("h", 1)

TEXTS = {
    "tls+tcp://h:1?tls.creds=tls0&tls.hostname=h": Stack(
        (LayerSpec("tls", (("creds", "tls0"), ("hostname", "h"))),), H
    ),
    "ws+tls+tcp://h:1/path?tls.creds=tls0": Stack(
        (LayerSpec("ws", (("path", "/path"),)), LayerSpec("tls", (("creds", "tls0"),))), H
    ),
    "throttle+ws+tcp://h:1/a%3Fb?throttle.rate=9": Stack(
        (LayerSpec("throttle", (("rate", "9"),)), LayerSpec("ws", (("path", "/a?b"),))), H
    ),
    "ws+unix:///run/x?ws.path=/p": Stack((LayerSpec("ws", (("path", "/p"),)),), UnixAddress("/run/x")),
    "tls+tls+tcp://h:1?tls.creds=a&tls@2.creds=b": Stack(
        (LayerSpec("tls", (("creds", "a"),)), LayerSpec("tls", (("creds", "b"),))), H
    ),
    "tls+fd://7?tls.creds=a%26b%3Dc": Stack((LayerSpec("tls", (("creds", "a&b=c"),)),), FdAddress(7)),
}

REFUSALS = {
    "nothing": ("", "no scheme"),
    "no colon": ("localhost", "no scheme"),
    "an unknown scheme": ("tpc://h:1", r"unknown scheme 'tpc' \(known: .*did you mean 'tcp'"),
    "an unknown layer": (
        "tsl+tcp://h:1",
        r"unknown layer 'tsl' \(known: throttle, tls, ws; did you mean 'tls'",
    ),
    "an empty layer": ("+tcp://h:1", "no scheme"),
    "an empty layer in the middle": ("tls++tcp://h:1", "no name of a layer"),
    "an alias above": ("wss+tcp://h:1", "stands last"),
    "a base above": ("tcp+tcp://h:1", "ends a stack"),
    "a layer's unknown option": ("tls+tcp://h:1?tls.cred=x", "tls: unknown option 'cred' .*mean 'creds'"),
    "an option of no layer": ("ws+tcp://h:1?tls.creds=x", "'tls', which is no layer .*known: ws"),
    "an option of no second layer": ("tls+tcp://h:1?tls@2.creds=x", "'tls@2', which is no layer"),
    "a base's unknown option": ("tcp://h:1?keepaliev=on", "tcp: unknown option 'keepaliev' .*'keep-alive'"),
    "a base's option twice": ("tcp://h:1?to=2&to=3", "tcp: option 'to' is given twice"),
    "a layer's option twice": (
        "tls+tcp://h:1?tls.creds=a&tls@1.creds=b",
        "tls: option 'creds' is given twice",
    ),
    "a path twice": ("ws+tcp://h:1/a?ws.path=/b", "ws: option 'path' is given twice"),
    "a path without its layer": ("tls+tcp://h:1/x", "a path belongs to a ws layer"),
    "an empty option": ("tcp://h:1?&to=2", "option without a name"),
    "an option without a name": ("tls+tcp://h:1?tls.=2", "option without a name"),
    "a fragment": ("tcp://h:1#x", "%23"),
    "17 layers": ("tls+" * 17 + "tcp://h:1", "17 layers"),
    "4097 characters": ("file:///" + "x" * 4089, "4097 characters"),
}


@pytest.mark.parametrize(("text", "stack"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_stack_that_prints_it(text: str, stack: Stack) -> None:
    assert parse_stack(text, KNOWN) == stack
    assert str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text, KNOWN)


@pytest.mark.parametrize(
    "text", ["tcp://joe:hunter2@h:1", "wss://hunter2@h:1/x", "tcp://hunter2@", "vsock://hunter2@2:3"]
)
def test_a_password_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(AddressError, match="name an object") as caught:
        parse_stack(text)
    assert "hunter2" not in str(caught.value)


def test_without_known_layers_any_goes() -> None:
    assert parse_stack("mine+tcp://h:1?mine.own=x").layers == (LayerSpec("mine", (("own", "x"),)),)


def test_a_bare_option_of_a_layer_is_on() -> None:
    assert parse_stack("mine+tcp://h:1?mine.fast").layers[0].get("fast") == "on"


def test_the_scheme_may_be_written_large() -> None:
    assert str(parse_stack("TLS+TCP://h:1")) == "tls+tcp://h:1"


def test_the_path_belongs_to_the_topmost_ws() -> None:
    text = "tls+ws+ws+tcp://h:1/a?ws@2.path=/b"
    assert [spec.get("path") for spec in parse_stack(text).layers] == [None, "/a", "/b"]
    assert str(parse_stack(text)) == text
