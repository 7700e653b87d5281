from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from iochan.core.bytequeue import ByteQueue


class QueueBesideBytes(RuleBasedStateMachine):
    """A queue does what a plain bytes object cut at its front does."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = ByteQueue()
        self.model = b""

    @rule(data=st.binary(max_size=200), times=st.integers(1, 700))
    def put(self, data: bytes, times: int) -> None:
        self.queue.put(data * times)
        self.model += data * times

    @rule(count=st.integers(0, 100_000))
    def take(self, count: int) -> None:
        assert self.queue.take(count) == self.model[:count]
        self.model = self.model[count:]

    @rule(count=st.integers(0, 1000))
    def drop(self, count: int) -> None:
        self.queue.drop(count)
        self.model = self.model[count:]

    @rule(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=4))
    def take_into(self, sizes: list[int]) -> None:
        rooms = [bytearray(size) for size in sizes]
        done = self.queue.take_into([memoryview(room) for room in rooms])
        assert b"".join(rooms)[:done] == self.model[:done]
        assert done == min(sum(sizes), len(self.model))
        self.model = self.model[done:]

    @rule(separator=st.binary(min_size=1, max_size=2), start=st.integers(0, 50))
    def find(self, separator: bytes, start: int) -> None:
        assert self.queue.find(separator, start) == self.model.find(separator, start)

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert len(self.queue) == len(self.model)
        assert self.queue.peek(20) == self.model[:20]


TestQueue = QueueBesideBytes.TestCase
TestQueue.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
