"""What a power cut leaves of an image, at any moment of a change of its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from typing_extensions import override

from iochan.channels.buffer import BufferChannel
from iochan.core.buffers import Views
from iochan.core.op import Op, run
from iochan.crypto.block import (
    WrongPassword,
    add_key_op,
    create_luks_op,
    has_luks,
    open_luks_op,
    read_header_op,
    remove_key_op,
)

SIZE = 4096


class Disk(BufferChannel):
    """A disk with a cache: what was written since the last sync may be lost, each write for itself."""

    def __init__(self, initial: bytes = b"") -> None:
        super().__init__(initial)
        self.states = [initial]
        self._pending: list[tuple[int, bytes]] = []
        self._safe = initial

    @override
    def try_pwritev(self, views: Views, offset: int) -> int:
        self._pending.append((offset, b"".join(views)))
        # A power cut leaves all of the pending writes, or this last one without those before it.
        self.states += [self._after(self._pending), self._after(self._pending[-1:])]
        return super().try_pwritev(views, offset)

    @override
    def try_sync(self) -> None:
        self._safe = self._after(self._pending)
        self._pending.clear()
        self.states.append(self._safe)

    @property
    def synced(self) -> bytes:
        """What is on the disk for certain."""
        return self._safe

    def _after(self, writes: list[tuple[int, bytes]]) -> bytes:
        disk = BufferChannel(self._safe)
        for offset, data in writes:
            disk.try_pwritev([memoryview(data)], offset)
        return disk.contents()


def opens(image: bytes, password: bytes) -> bool:
    try:
        run(open_luks_op(BufferChannel(image), password))
    except WrongPassword:
        return False
    return True


@pytest.fixture(scope="module")
def image() -> bytes:
    store = BufferChannel()
    # The cipher with the smallest key slots.
    run(create_luks_op(store, b"first", SIZE, algorithm="aes-128", mode="cbc", iterations=1000))
    run(add_key_op(store, b"first", b"second", iterations=1000))
    return store.contents()


CHANGES: dict[str, Callable[[Disk], Op[Any]]] = {
    "add": lambda disk: add_key_op(disk, b"second", b"third", iterations=1000),
    "overwrite": lambda disk: add_key_op(disk, b"second", b"third", slot=0, force=True, iterations=1000),
    "remove": lambda disk: remove_key_op(disk, password=b"first"),
    "remove by slot": lambda disk: remove_key_op(disk, slot=0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_power_cut_at_any_moment_leaves_an_image_that_the_other_password_opens(
    change: str, image: bytes
) -> None:
    disk = Disk(image)
    run(CHANGES[change](disk))
    # The states between are of the many overwrites, which are alike.
    for state in {*disk.states[:4], *disk.states[-5:]}:
        assert opens(state, b"second")
    assert disk.synced == disk.contents()


def material_of_slot_0(image: bytes) -> bytes:
    header = run(read_header_op(BufferChannel(image)))
    return image[header.slots[0].offset * 512 :][: header.material_length]


@pytest.mark.parametrize("change", ["overwrite", "remove", "remove by slot"])
def test_no_state_of_the_disk_calls_a_slot_free_whose_old_material_is_there(
    change: str, image: bytes
) -> None:
    old = material_of_slot_0(image)
    before = run(read_header_op(BufferChannel(image))).slots[0]
    disk = Disk(image)
    run(CHANGES[change](disk))
    changed = 0
    for state in disk.states:
        if run(read_header_op(BufferChannel(state))).slots[0] != before:
            changed += 1
            assert material_of_slot_0(state) != old
    assert changed


def test_key_material_is_overwritten_on_the_disk_many_times(image: bytes) -> None:
    disk = Disk(image)
    run(remove_key_op(disk, slot=0))
    assert len({material_of_slot_0(state) for state in disk.states}) > 40


def test_an_image_that_was_here_before_is_gone_before_the_new_one_appears(image: bytes) -> None:
    disk = Disk(image)
    run(create_luks_op(disk, b"new", SIZE, iterations=1000))
    for state in set(disk.states):
        assert not has_luks(state) or opens(state, b"second") or opens(state, b"new")
    assert disk.synced == disk.contents()
    header = run(read_header_op(BufferChannel(image)))
    old = image[header.slots[1].offset * 512 :][: header.material_length]
    assert old not in disk.contents()
