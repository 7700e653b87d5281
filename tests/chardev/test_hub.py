from __future__ import annotations

import itertools

import pytest
from typing_extensions import override

from iochan.channels.pair import memory_pair
from iochan.chardev.device import Reconnect
from iochan.chardev.hub import Hub, HubOptions
from iochan.chardev.outlet import gap_marker
from iochan.chardev.role import Access, Role
from iochan.chardev.session import Front, notice
from iochan.core.attribute import Attributes
from iochan.core.channel import Channel
from iochan.core.errors import ConnectError, PeerRejected
from iochan.core.layer import Layer
from iochan.core.op import Op
from iochan.core.pollloop import PollLoop
from iochan.core.sideband import SEND_BREAK, SET_WINDOW_SIZE, WATCH_PEER, PeerWatcher
from iochan.testing.clock import MovedClock
from tests.chardev.world import World, drain

OBSERVER = Front(Access(default=Role.OBSERVER))
ADMIN = Front(Access(default=Role.ADMIN))


def test_everyone_sees_what_the_device_sends_and_one_writes() -> None:
    with World() as world:
        first, second = world.join(), world.join()
        world.say(b"login: ")
        assert first.read() == b"login: "
        assert second.read().endswith(b"login: ")
        assert world.typed(first, b"root\r") == b"root\r"
        assert world.typed(second, b"halt\r") == b""
        assert b"writes: ask for your turn" in second.read()


def test_a_single_client_that_may_write_is_told_nothing() -> None:
    with World() as world:
        client = world.join()
        assert world.typed(client, bytes(range(2, 256))) == bytes(range(2, 256))
        world.say(bytes(range(256)))
        assert client.read() == bytes(range(256))


def test_who_comes_later_gets_what_was_last_sent() -> None:
    with World() as world:
        world.say(b"boot\r\nlogin: ")
        assert world.join().read() == b"boot\r\nlogin: "


def test_the_right_to_write_goes_to_who_asked_first_when_its_holder_leaves() -> None:
    with World() as world:
        first, second, third = world.join(), world.join(), world.join()
        world.typed(third, b"\x01a")
        world.typed(second, b"\x01a")
        assert b"asks to write" in first.read()
        first.channel.close()
        world.settle()
        assert b"you may write now" in third.read()
        assert world.typed(third, b"x") == b"x"
        world.typed(third, b"\x01r")
        assert world.typed(second, b"y") == b"y"


def test_an_admin_takes_the_turn_and_of_two_the_last_one_has_it() -> None:
    with World() as world:
        writer, one, two = world.join(), world.join(ADMIN), world.join(ADMIN)
        one.channel.write_all(b"\x01f1")
        two.channel.write_all(b"\x01f2")
        world.settle()
        assert world.hub.pen.holder in {one.session, two.session}
        assert b"writes instead of you" in writer.read()
        world.typed(writer, b"\x01f")
        assert b"only for admins" in writer.read()


def test_an_observer_never_writes_even_if_nobody_does() -> None:
    with World() as world:
        client = world.join(OBSERVER)
        assert world.typed(client, b"rm -rf /\r\x01t") == b""
        assert client.read().count(b"you may look, and not write") == 1
        assert world.hub.pen.holder is None


def test_shared_writing_lets_all_write() -> None:
    with World(HubOptions(shared=True, linger=0)) as world:
        first, second = world.join(), world.join()
        assert world.typed(first, b"a") + world.typed(second, b"b") == b"ab"


def test_a_client_without_a_role_is_told_and_refused() -> None:
    with World() as world:
        client = world.join(Front(Access(default=None)))
        assert client.read() == notice("you have no role here")
        assert client.task.finished
        with pytest.raises(PeerRejected, match="has no role here: add a rule"):
            client.task.result()
        assert not world.hub.sessions


def test_a_slow_client_misses_bytes_and_sees_exactly_how_many() -> None:
    with World() as world:
        slow = world.join(Front(queue=1000), limit=100)
        quick = world.join()
        sent = b"".join(b"%07d\n" % number for number in range(500))
        for start in range(0, len(sent), 80):
            world.say(sent[start : start + 80])
        assert quick.read().endswith(sent)
        for _ in range(100):
            slow.read()
            world.settle()
        seen = slow.read()
        assert slow.session is not None
        lost = slow.session.outlet.lost
        assert 0 < lost < len(sent)
        head, _, tail = seen.partition(gap_marker(lost))
        assert sent.startswith(head)
        assert sent.endswith(tail)
        assert len(head) + lost + len(tail) == len(sent)


def test_a_slow_client_is_disconnected_where_that_is_the_rule() -> None:
    with World() as world:
        slow = world.join(Front(queue=100, disconnect_slow=True), limit=10)
        quick = world.join()
        for _ in range(20):
            world.say(b"x" * 80)
        assert slow.session is not None
        assert slow.session.number not in world.hub.sessions
        assert quick.read().count(b"x") == 1600


def test_a_full_client_holds_the_device_back_for_no_longer_than_its_patience() -> None:
    with MovedClock() as clock, World(HubOptions(patience=0.2, linger=0)) as world:
        slow = world.join(Front(queue=1 << 16), limit=10)
        quick = world.join(limit=1 << 22)
        assert slow.session is not None
        for _ in range(40):
            world.say(b"#" * 4096)
        lagged = slow.session.lagging
        held = world.hub.device.bytes_in
        assert held < 40 * 4096
        clock.advance(0.3)
        for _ in range(20):
            world.settle()
        assert (lagged, slow.session.lagging) == (False, True)
        assert quick.read().count(b"#") == 40 * 4096


def test_a_client_that_vanishes_while_the_device_waits_for_it_costs_nothing() -> None:
    with MovedClock(), World(HubOptions(patience=9, linger=0)) as world:
        slow = world.join(Front(queue=1 << 16), limit=10)
        quick = world.join(limit=1 << 22)
        for _ in range(40):
            world.say(b"#" * 4096)
        assert world.hub.device.bytes_in < 40 * 4096
        slow.channel.abort()
        for _ in range(20):
            world.settle()
        assert quick.read().count(b"#") == 40 * 4096
        assert not world.hub.over


def test_a_client_that_ends_its_input_still_sees_the_answer() -> None:
    with MovedClock() as clock, World(HubOptions(linger=0.5)) as world:
        client = world.join()
        client.channel.write_all(b"date\r")
        client.channel.write_eof()
        world.settle()
        world.say(b"Mon Nov 23")
        assert client.read() == b"Mon Nov 23"
        clock.advance(1)
        world.settle()
        assert client.task.finished
        assert not world.hub.sessions


def test_who_ended_its_input_does_not_keep_the_right_to_write() -> None:
    with World(HubOptions(linger=60)) as world:
        first, second = world.join(), world.join()
        first.channel.write_eof()
        world.settle()
        second.channel.write_all(b"now I")
        world.settle()
        assert drain(world.device) == b"now I"
        assert first.session in world.hub.sessions.values()


def test_what_is_typed_while_the_device_is_away_is_told_once() -> None:
    with World() as world:
        client = world.join()
        world.device.close()
        world.settle()
        client.channel.write_all(b"a")
        world.settle()
        client.channel.write_all(b"b")
        world.settle()
        assert client.read().count(b"what you type goes nowhere") == 1
        assert world.hub.over


def test_a_device_that_went_away_is_opened_again_with_growing_pauses() -> None:
    with MovedClock() as clock:
        loop = PollLoop()
        ends: list[Channel] = []
        tries: list[float] = []

        def dial() -> Op[Channel]:
            tries.append(clock.now())
            yield from ()
            if len(tries) in (2, 3):
                message = "nobody there"
                raise ConnectError(message)
            near, far = memory_pair()
            ends.append(near)
            return far

        hub = Hub(loop, "c0", dial, options=HubOptions(reconnect=Reconnect(1, 2)))
        hub.start()
        loop.turn(0)
        ends[0].close()
        for _ in range(60):
            loop.turn(0)
            clock.advance(0.25)
        assert [round(later - before) for before, later in itertools.pairwise(tries)] == [1, 2, 2]
        assert hub.device.opened == 2
        hub.close()
        loop.turn(0)
        for end in ends:
            end.abort()


def test_the_menu_shows_who_is_there_and_disconnects() -> None:
    with World() as world:
        first, second = world.join(ADMIN), world.join()
        world.typed(first, b"\x01w")
        seen = first.read()
        assert b"c0: up, 2 clients" in seen
        assert b"(admin), writes, you" in seen
        world.typed(first, b"\x01h\x01?")
        assert b"disconnect everybody else" in first.read()
        world.typed(second, b"\x01h")
        assert b"disconnect everybody else" not in second.read()
        world.typed(first, b"\x01k")
        assert second.task.finished
        world.typed(first, b"\x01z\x01l\x01b")
        assert b"no command" in first.read()
        assert b"no record is kept" in first.read()
        assert b"the device takes no break" in first.read()
        world.typed(first, b"\x01x")
        assert first.read().endswith(notice("goodbye"))
        assert first.task.finished


def test_the_escape_key_twice_is_sent_and_a_key_may_come_in_two_pieces() -> None:
    with World() as world:
        client = world.join()
        assert world.typed(client, b"a\x01\x01b") == b"a\x01b"
        assert world.typed(client, b"c\x01") == b"c"
        assert world.typed(client, b"\x01d") == b"\x01d"


def test_without_an_escape_key_every_byte_passes() -> None:
    with World() as world:
        client = world.join(Front(escape=None))
        assert world.typed(client, bytes(range(256))) == bytes(range(256))


def test_the_past_is_shown_again() -> None:
    with World() as world:
        client = world.join()
        world.say(b"Linux 6.1\r\n")
        world.typed(client, b"\x01p")
        assert client.read() == b"Linux 6.1\r\n" * 2


class Sideband(Layer):
    """A line whose peer says more than bytes, as telnet's does."""

    def __init__(self, lower: Channel) -> None:
        super().__init__(lower)
        self.breaks = 0
        self.sizes: list[tuple[int, int]] = []
        self.watcher: PeerWatcher | None = None

    def watch(self, watcher: PeerWatcher) -> None:
        self.watcher = watcher

    def send_break_op(self) -> Op[None]:
        self.breaks += 1
        yield from ()

    def set_size(self, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    @override
    def attributes(self) -> Attributes:
        return {
            SEND_BREAK: lambda: self.send_break_op,
            SET_WINDOW_SIZE: lambda: self.set_size,
            WATCH_PEER: lambda: self.watch,
        }


def test_a_break_and_the_window_of_who_writes_reach_the_device() -> None:
    with World() as world:
        assert world.hub.device.channel is not None
        line = Sideband(world.hub.device.channel)
        world.hub.device.channel = line
        peers = []
        for _ in range(2):
            client = world.join(wrap=Sideband)
            assert client.session is not None
            peer = client.session.channel
            assert isinstance(peer, Sideband)
            assert peer.watcher is not None
            peers.append((client, peer.watcher))
        (first, one), (second, two) = peers
        two.peer_window(50, 132)
        two.peer_break()
        world.settle()
        assert (line.breaks, line.sizes) == (0, [])
        one.peer_window(24, 80)
        one.peer_window(0, 80)
        one.peer_break()
        world.typed(first, b"\x01b")
        assert line.breaks == 2
        assert b"sent a break" in second.read()
        world.typed(second, b"\x01a")
        world.typed(first, b"\x01r")
        assert line.sizes == [(24, 80), (50, 132)]
        world.hub.device.channel = line.lower
