"""Ten clients of mixed roles on one device, whatever they do and in whatever order."""

from __future__ import annotations

import re

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from iochan.chardev.hub import HubOptions
from iochan.chardev.role import Access, Role
from iochan.chardev.session import Front
from tests.chardev.world import Client, World, drain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

MOST = 10
GAP = re.compile(rb"\r\n\[iochan: (\d+) bytes lost here\]\r\n")
FORCE, TAKE, ASK, RELEASE = b"\x01f", b"\x01t", b"\x01a", b"\x01r"


class Person:
    """A client, and where in all that the device ever sent it began."""

    def __init__(self, world: World, role: Role, start: int, *, slow: bool) -> None:
        queue, limit = (300, 64) if slow else (1 << 20, 1 << 20)
        front = Front(Access(default=role), notices=False, queue=queue)
        self.client = Client(world, front, limit)
        self.role = role
        self.start = start
        self.slow = slow

    def check(self, sent: bytes, *, whole: bool) -> None:
        """Compare what it saw with *sent*: the same bytes, but for gaps that are said exactly."""
        place = self.start
        pieces = GAP.split(self.client.seen)
        for index, piece in enumerate(pieces):
            if index % 2:
                assert self.slow, "who keeps up misses nothing"
                place += int(piece)
                continue
            # A marker that has come in part only is none yet.
            data = piece if whole or index < len(pieces) - 1 else piece.split(b"\r")[0]
            assert sent[place : place + len(data)] == data
            place += len(data)
        if whole:
            assert place == len(sent)


class ManyClients(RuleBasedStateMachine):
    """The model: who holds the right to write, who waits for it, and what the device sent and got."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(HubOptions(scrollback=200, patience=0, linger=0))
        self.people: list[Person] = []
        self.holder: Person | None = None
        self.asking: list[Person] = []
        self.sent = b""

    def pick(self, index: int) -> Person:
        return self.people[index % len(self.people)]

    @initialize(kinds=st.lists(st.tuples(st.sampled_from(Role), st.booleans()), min_size=MOST, max_size=MOST))
    def begin(self, kinds: list[tuple[Role, bool]]) -> None:
        for role, slow in kinds:
            self.join(role, slow)

    @precondition(lambda self: len(self.people) < MOST)
    @rule(role=st.sampled_from(Role), slow=st.booleans())
    def join(self, role: Role, slow: bool) -> None:
        kept = len(self.world.hub.past.read())
        person = Person(self.world, role, len(self.sent) - kept, slow=slow)
        self.people.append(person)
        if self.holder is None and role >= Role.WRITER:
            self.holder = person

    @precondition(lambda self: self.people)
    @rule(index=st.integers(0, MOST), rude=st.booleans())
    def leave(self, index: int, rude: bool) -> None:
        person = self.people.pop(index % len(self.people))
        person.client.read()
        person.check(self.sent, whole=False)
        if rude:
            person.client.channel.abort()
        else:
            person.client.channel.write_eof()
        self.world.settle()
        person.client.channel.abort()
        self.world.settle()
        self._lose(person)

    @rule(size=st.integers(1, 400))
    def device_sends(self, size: int) -> None:
        start = len(self.sent)
        data = b"".join(b"%06d\n" % number for number in range(start, start + size // 7 + 1))
        self.sent += data
        self.world.say(data)

    @precondition(lambda self: self.people)
    @rule(index=st.integers(0, MOST))
    def somebody_reads(self, index: int) -> None:
        person = self.pick(index)
        person.client.read()
        self.world.settle()

    @precondition(lambda self: self.people)
    @rule(index=st.integers(0, MOST), text=st.binary(min_size=1, max_size=20))
    def somebody_types(self, index: int, text: bytes) -> None:
        person = self.pick(index)
        text = text.replace(b"\x01", b"\x02")
        if self.holder is None and person.role >= Role.WRITER:
            self._give(person)
        got = self.world.typed(person.client, text)
        assert got == (text if self.holder is person else b"")

    @precondition(lambda self: self.people)
    @rule(index=st.integers(0, MOST), what=st.sampled_from([FORCE, TAKE, ASK, RELEASE]))
    def somebody_wants(self, index: int, what: bytes) -> None:
        person = self.pick(index)
        self.world.typed(person.client, what)
        if person.role < (Role.ADMIN if what == FORCE else Role.WRITER):
            return
        if what == RELEASE:
            self._lose(person)
        elif what == FORCE or self.holder is None:
            self._give(person)
        elif what == ASK and person not in (self.holder, *self.asking):
            self.asking.append(person)

    def _give(self, person: Person) -> None:
        self.holder = person
        if person in self.asking:
            self.asking.remove(person)

    def _lose(self, person: Person) -> None:
        if person in self.asking:
            self.asking.remove(person)
        if self.holder is person:
            self.holder = self.asking.pop(0) if self.asking else None

    @invariant()
    def one_writes_at_most(self) -> None:
        holder = self.world.hub.pen.holder
        assert holder is (None if self.holder is None else self.holder.client.session)
        assert drain(self.world.device) == b""
        assert len(self.world.hub.sessions) == len(self.people)

    @invariant()
    def queues_are_bounded(self) -> None:
        for person in self.people:
            session = person.client.session
            assert session is not None
            assert session.outlet.queued <= 300 + 407 if person.slow else True

    @override
    def teardown(self) -> None:
        for person in self.people:
            while True:
                before = len(person.client.seen)
                person.client.read()
                self.world.settle()
                if len(person.client.read()) == before:
                    break
            person.check(self.sent, whole=True)
        with self.world:
            pass


TestManyClients = ManyClients.TestCase
TestManyClients.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
