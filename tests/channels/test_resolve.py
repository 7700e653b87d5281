"""Names become addresses as the flags say, and never hold up a loop."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.address import InetAddress
from iochan.channels.resolve import family_of, resolve_op, v6_only
from iochan.channels.worker import in_thread_op
from iochan.core.errors import ChannelTimeout, ConnectError
from iochan.core.op import run, within
from tests.drivers import RunOp, each_driver

FLAGS = [
    # ipv4, ipv6, host, family, v6only: qemu.md 4.2
    (None, None, "h", socket.AF_UNSPEC, False),
    (None, None, "", socket.AF_UNSPEC, False),
    (True, True, "h", socket.AF_UNSPEC, False),
    (True, True, "", socket.AF_INET6, False),
    (True, None, "h", socket.AF_INET, False),
    (True, False, "h", socket.AF_INET, False),
    (None, False, "h", socket.AF_INET, False),
    (None, True, "h", socket.AF_INET6, True),
    (False, True, "h", socket.AF_INET6, True),
    (False, None, "h", socket.AF_INET6, True),
]


@pytest.mark.parametrize(("ipv4", "ipv6", "host", "family", "only"), FLAGS)
def test_the_flags_choose_the_family(
    ipv4: bool | None, ipv6: bool | None, host: str, family: int, only: bool
) -> None:
    address = InetAddress(host, 1, ipv4=ipv4, ipv6=ipv6)
    assert family_of(address) == family
    assert v6_only(address) is only


def test_numbers_are_resolved_at_once_without_a_thread() -> None:
    before = threading.active_count()
    op = resolve_op(InetAddress("127.0.0.1", 80))
    with pytest.raises(StopIteration) as stop:
        next(op)
    assert [(t.family, t.sockaddr, t.text) for t in stop.value.value] == [
        (socket.AF_INET, ("127.0.0.1", 80), "tcp://127.0.0.1:80")
    ]
    assert threading.active_count() == before


def test_an_empty_host_is_everywhere_to_listen_and_here_to_connect() -> None:
    address = InetAddress("", 0, ipv4=True)
    assert [t.text for t in run(resolve_op(address, passive=True))] == ["tcp://0.0.0.0:0"]
    assert [t.text for t in run(resolve_op(address))] == ["tcp://127.0.0.1:0"]


@each_driver
def test_names_and_services_are_resolved_under_every_driver(run_op: RunOp) -> None:
    targets = run_op(resolve_op(InetAddress("localhost", "http", ipv4=True)))
    assert [target.text for target in targets] == ["tcp://127.0.0.1:80"]


def test_a_name_where_only_numbers_are_allowed_is_not_looked_up() -> None:
    with pytest.raises(ConnectError, match="cannot resolve tcp://localhost:80"):
        next(resolve_op(InetAddress("localhost", 80, numeric=True)))


def test_a_name_that_nobody_has_says_what_to_check() -> None:
    with pytest.raises(ConnectError, match=r"cannot resolve tcp://no\.such\.name\.invalid:1\S*: .*: \S"):
        run(resolve_op(InetAddress("no.such.name.invalid", 1)))


def test_a_name_that_no_server_could_take_is_an_error_of_the_name() -> None:
    with pytest.raises(ConnectError, match=r"cannot resolve .*: check the name"):
        run(resolve_op(InetAddress("a" * 70 + ".invalid", 1)))


def test_an_unknown_service_is_told_from_an_unknown_host() -> None:
    with pytest.raises(ConnectError, match="check the service's name"):
        run(resolve_op(InetAddress("127.0.0.1", "no-such-port-x")))


def test_work_in_a_thread_can_be_given_up_and_leaves_nothing() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    release = threading.Event()
    op = in_thread_op(release.wait, "errand")
    next(op)
    op.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    release.set()


def test_work_that_takes_too_long_meets_its_deadline() -> None:
    release = threading.Event()
    with pytest.raises(ChannelTimeout, match="the errand did not end"):
        run(within(in_thread_op(release.wait, "errand"), 0.01, "the errand"))
    release.set()


@each_driver
def test_an_error_in_the_thread_is_raised_to_who_waits(run_op: RunOp) -> None:
    with pytest.raises(ZeroDivisionError):
        run_op(in_thread_op(lambda: 1 // 0, "errand"))


@given(host=st.ip_addresses(), port=st.integers(0, 65535))
def test_every_numeric_address_comes_back_as_a_text_of_the_same(host: object, port: int) -> None:
    address = InetAddress(str(host), port, numeric=True)
    with pytest.raises(StopIteration) as stop:
        next(resolve_op(address))
    (target,) = stop.value.value
    assert InetAddress.from_parts(target.text.removeprefix("tcp:"), {}) == InetAddress(str(host), port)
