"""Stacks as values: whatever can be made prints a text that gives it back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.address import (
    AbstractAddress,
    Address,
    CommandAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    LayerSpec,
    NullAddress,
    PtyAddress,
    Stack,
    StdioAddress,
    UnixAddress,
    VsockAddress,
    parse_stack,
)
from iochan.core.errors import AddressError

octets = st.binary(min_size=1, max_size=40).map(lambda data: data.decode(errors="surrogateescape"))
paths = octets.filter(lambda path: "\0" not in path)
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
commands = st.lists(words, min_size=1, max_size=5).map(tuple).filter(lambda argv: argv[0] != "")
switches = st.sampled_from([None, True, False])

bases: st.SearchStrategy[Address] = st.one_of(
    st.builds(
        InetAddress,
        st.sampled_from(["", "h", "a-b.example", "192.0.2.1", "::1", "fe80::1%eth0", "bücher.example"]),
        st.integers(0, 65535) | st.sampled_from(["http", "x-1"]),
        ipv4=st.sampled_from([None, True]),
        ipv6=switches,
        keep_alive=switches,
        nodelay=switches,
    ),
    st.builds(UnixAddress, paths),
    st.builds(AbstractAddress, octets, tight=st.booleans()),
    st.builds(VsockAddress, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF)),
    st.builds(FdAddress, st.integers(0, 1000)),
    st.builds(FdAddress, st.none(), st.sampled_from(["", "web", "a/b c"])),
    st.builds(CommandAddress, commands),
    st.builds(FileAddress, paths, mode=st.sampled_from(["r", "w", "a", "rw"])),
    st.builds(PtyAddress, st.just("") | paths, command=st.just(()) | commands),
    st.builds(StdioAddress),
    st.builds(NullAddress),
)
options = st.dictionaries(
    st.sampled_from(["path", "creds", "a-b", "c_d"]), octets | st.just("/x"), max_size=3
)
specs = st.builds(
    LayerSpec, st.sampled_from(["tls", "ws", "zip"]), options.map(lambda some: tuple(some.items()))
)


@given(st.lists(specs, max_size=4), bases)
def test_a_stack_prints_a_text_that_gives_it_back(layers: list[LayerSpec], base: Address) -> None:
    stack = Stack(tuple(layers), base)
    assert parse_stack(str(stack)) == stack


heads = st.sampled_from(["ws+tcp://h:1", "tls+unix:", "exec:", "tls+exec:?tls.a=b ", "file:", "abstract://"])
crumbs = st.lists(
    st.sampled_from([*"/?&=%.' a\\é\udcff", "%41", "tls.a", "tls@1.b=", "to=2", "ws.path=/x"]), max_size=9
)


@given(heads, crumbs.map("".join))
def test_the_canonical_text_is_its_own(head: str, tail: str) -> None:
    try:
        canonical = str(parse_stack(head + tail))
    except AddressError:
        return
    assert str(parse_stack(canonical)) == canonical


def test_the_order_of_options_says_nothing() -> None:
    assert LayerSpec("tls", (("b", "1"), ("a", "2"))) == LayerSpec("tls", (("a", "2"), ("b", "1")))


def test_a_layer_tells_its_options() -> None:
    spec = LayerSpec("tls", (("creds", "tls0"),))
    assert spec.get("creds") == "tls0"
    assert spec.get("hostname") is None


@pytest.mark.parametrize("name", ["", "TLS", "1tls", "a.b", "a+b"])
def test_a_layer_has_a_plain_name(name: str) -> None:
    with pytest.raises(AddressError, match="no name of a layer"):
        LayerSpec(name)


def test_a_base_is_no_layer() -> None:
    with pytest.raises(AddressError, match="it ends a stack"):
        LayerSpec("tcp")


@pytest.mark.parametrize("name", ["", "A", "a.b", "a&b"])
def test_an_option_has_a_plain_name(name: str) -> None:
    with pytest.raises(AddressError, match="no name of an option"):
        LayerSpec("tls", ((name, "x"),))


def test_an_option_stands_once() -> None:
    with pytest.raises(AddressError, match="given twice"):
        LayerSpec("tls", (("a", "x"), ("a", "y")))


def test_layers_are_counted() -> None:
    assert Stack((LayerSpec("zip"),) * 16, NullAddress()).layers
    with pytest.raises(AddressError, match="17 layers, and 16"):
        Stack((LayerSpec("zip"),) * 17, NullAddress())


def test_the_printed_text_has_a_limit() -> None:
    with pytest.raises(AddressError, match="4096 are the most"):
        Stack((), FileAddress("\n" * 1400))
