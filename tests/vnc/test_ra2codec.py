from __future__ import annotations

import pytest

from iochan.channels.pair import memory_pair
from iochan.core.channel import Channel
from iochan.core.codeclayer import CodecLayer
from iochan.core.errors import TruncatedError
from iochan.vnc.errors import RfbError
from iochan.vnc.ra2codec import Ra2Codec, Ra2Messages


def layer(lower: Channel) -> CodecLayer:
    made = CodecLayer(lower, Ra2Codec(messages(), messages()), "ra2")
    made.handshake()
    return made


def messages() -> Ra2Messages:
    return Ra2Messages("aes-128", bytes(16))


def test_messages_are_numbered() -> None:
    near = messages()
    first, second = near.seal(b"same"), near.seal(b"same")
    assert first[:2] == second[:2] == b"\0\4"
    assert first[2:] != second[2:]
    far = messages()
    with pytest.raises(RfbError, match="changed on its way, or made with another key"):
        far.open(second[:2], second[2:])


def test_many_bytes_come_in_messages_of_8192() -> None:
    near, far = memory_pair(1 << 18)
    layer(near).write_all(bytes(20_000))
    wire = far.read(1 << 18)
    sizes = []
    while wire:
        sizes.append(int.from_bytes(wire[:2], "big"))
        wire = wire[2 + sizes[-1] + 16 :]
    assert sizes == [8192, 8192, 3616]


def test_the_end_between_messages_is_an_end_and_within_one_an_error() -> None:
    for cut in (0, 1, 2, 10):
        near, far = memory_pair()
        far.write_all(messages().seal(b"words") + messages().seal(b"more")[:cut])
        far.write_eof()
        top = layer(near)
        assert top.read(100) == b"words"
        if cut:
            with pytest.raises(TruncatedError, match=f"after {cut} bytes of it"):
                top.read(100)
        else:
            assert top.read(100) == b""


def test_an_empty_message_is_refused() -> None:
    near, far = memory_pair()
    far.write_all(bytes(18))
    with pytest.raises(RfbError, match="without anything in it"):
        layer(near).read(10)
