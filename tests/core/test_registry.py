from __future__ import annotations

import socket

import pytest

from iochan.channels.unix import UnixChannel
from iochan.core import registry
from iochan.core.channel import Channel
from iochan.core.errors import AddressError
from iochan.core.layer import Layer
from iochan.core.registry import CHANNELS, LAYERS, known, lookup, register


class Shouting(Layer):
    """A third party's layer."""


def test_built_in_ones_are_found_like_anybodys() -> None:
    assert {"tls-client", "tls-server", "throttle", "buffered"} <= set(known(LAYERS))
    assert {"tcp", "unix", "exec", "file", "pty", "stdio"} <= set(known(CHANNELS))


def test_what_is_unknown_names_what_is_known() -> None:
    with pytest.raises(AddressError, match=r"unknown layer 'tsl'.*tls-client"):
        lookup(LAYERS, "tsl")


def test_a_layer_of_a_third_party_stacks_as_the_built_in_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_added", {})
    register(LAYERS, "shouting", Shouting)
    assert "shouting" in known(LAYERS)
    left, right = socket.socketpair()
    with UnixChannel(right) as peer, Channel.layer(left, "shouting") as channel:
        assert isinstance(channel, Shouting)
        channel.write_all(b"hello")
        assert peer.read() == b"hello"
        assert str(channel).startswith("Shouting+")


def test_what_has_no_descriptor_is_no_channel() -> None:
    with pytest.raises(TypeError, match="str is no channel"):
        Channel.layer("text", "buffered")  # type: ignore[arg-type] # on purpose
