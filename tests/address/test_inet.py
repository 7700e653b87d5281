"""Hosts, ports, families and the options of an Internet endpoint."""

from __future__ import annotations

import pytest

from iochan.address import InetAddress, parse_stack
from iochan.core.errors import AddressError

TEXTS = {
    "tcp://h:1": InetAddress("h", 1),
    "tcp://:0": InetAddress("", 0),
    "tcp://192.0.2.1:http": InetAddress("192.0.2.1", "http"),
    "tcp://[::1]:5900": InetAddress("::1", 5900),
    "tcp://[fe80::1%25eth0]:5": InetAddress("fe80::1%eth0", 5),
    "tcp://b%C3%BCcher.example:5": InetAddress("bücher.example", 5),
    "tcp://h:1?to=9&ipv4=off&ipv6=on&numeric=on": InetAddress(
        "h", 1, to=9, ipv4=False, ipv6=True, numeric=True
    ),
    "tcp://h:1?keep-alive=on&keep-alive-idle=5&keep-alive-interval=6&keep-alive-count=7": InetAddress(
        "h", 1, keep_alive=True, keep_alive_idle=5, keep_alive_interval=6, keep_alive_count=7
    ),
    "tcp://h:1?mptcp=on&nodelay=off&backlog=9": InetAddress("h", 1, mptcp=True, nodelay=False, backlog=9),
}

REFUSALS = {
    "no slashes": ("tcp:h:1", "no '//'"),
    "empty": ("tcp://", "has no port"),
    "only a colon": ("tcp://:", "has no port"),
    "no port": ("tcp://h", "has no port"),
    "no end of brackets": ("tcp://[::1:5", "brackets"),
    "no port behind brackets": ("tcp://[::1]", "has no port"),
    "empty brackets": ("tcp://[]:5", "brackets"),
    "a name in brackets": ("tcp://[h]:5", "brackets"),
    "no brackets": ("tcp://::1:5", "has a colon"),
    "bad IPv6": ("tcp://[1::2::3]:5", "no IPv6 address"),
    "bad zone": ("tcp://[fe80::1%25a%20b]:5", "no zone"),
    "a space": ("tcp://a%20b:5", "no host"),
    "a long host": (
        "tcp://hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh:5",
        "no host",
    ),
    "a port past the last": ("tcp://h:65536", "no port"),
    "a negative port": ("tcp://h:-1", "no port"),
    "a bad service": ("tcp://h:a_b", "no port"),
    "to below the port": ("tcp://h:9?to=8", "no range"),
    "to from a free port": ("tcp://h:0?to=8", "no range"),
    "to from a service": ("tcp://h:http?to=99", "no range"),
    "to past the last": ("tcp://h:9?to=65536", "from 1 to 65535"),
    "no family left": ("tcp://h:1?ipv4=off&ipv6=off", "both off"),
    "no switch": ("tcp://h:1?ipv4=maybe", "'ipv4' cannot be 'maybe': write on or off"),
    "a huge number": ("tcp://h:1?backlog=99999999999", "from 1 to 65535"),
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items(), ids=TEXTS)
def test_a_text_is_a_value_that_prints_it(text: str, value: InetAddress) -> None:
    stack = parse_stack(text)
    assert stack.base == value
    assert str(value) == str(stack) == text


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_stack(text)


def test_a_bare_option_is_on() -> None:
    assert parse_stack("tcp://h:1?ipv4&numeric").base == InetAddress("h", 1, ipv4=True, numeric=True)


def test_an_ipv6_address_has_one_form() -> None:
    assert InetAddress("0:0::0:1", 1) == InetAddress("::1", 1)


def test_values_are_checked_without_any_text() -> None:
    with pytest.raises(AddressError, match="no port"):
        InetAddress("h", 70000)
    with pytest.raises(AddressError, match="backlog"):
        InetAddress("h", 7, backlog=0)


def test_an_address_comes_from_what_the_kernel_says() -> None:
    assert InetAddress.from_sockaddr(("192.0.2.1", 5)) == InetAddress("192.0.2.1", 5)
    assert InetAddress.from_sockaddr(("::1", 5, 0, 0)) == InetAddress("::1", 5)
    assert InetAddress.from_sockaddr(("fe80::1", 5, 0, 3)) == InetAddress("fe80::1%3", 5)
    assert InetAddress.from_sockaddr(("fe80::1%eth0", 5, 0, 3)) == InetAddress("fe80::1%eth0", 5)
