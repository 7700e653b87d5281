"""Views of the callers' buffers: cast, cut and copied, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final

from typing_extensions import Buffer

__all__ = [
    "NO_ROOM",
    "Buffer",
    "Flat",
    "Room",
    "Views",
    "advance",
    "as_room",
    "as_view",
    "as_views",
    "bytes_in",
    "clip",
    "flat",
    "gather",
    "scatter",
    "total",
]

_nbytes = attrgetter("nbytes")

Views = Sequence[memoryview]
Flat = bytes | bytearray | memoryview
"""A buffer whose length is its count of bytes (a memoryview of format ``B``)."""

Room = bytearray | memoryview
"""A `Flat` that can be written to."""

NO_ROOM: Final = bytearray()


def as_view(buffer: Buffer) -> memoryview:
    """Return *buffer* as a view of single bytes.

    Raises:
        TypeError: *buffer* is no contiguous buffer.
    """
    view = memoryview(buffer)
    if view.format != "B" or view.ndim != 1:
        view = view.cast("B")
    return view


def flat(buffer: Buffer) -> Flat:
    """Return *buffer* as something whose ``len()`` counts bytes; bytes and bytearrays as they are."""
    kind = type(buffer)
    if kind is bytearray or kind is bytes:
        return buffer  # type: ignore[return-value] # just checked
    if kind is memoryview and buffer.format == "B" and buffer.ndim == 1:  # type: ignore[attr-defined]
        return buffer  # type: ignore[return-value] # just checked
    return as_view(buffer)


def as_room(buffer: Buffer) -> Room:
    """Return *buffer*, to be written to, as something whose ``len()`` counts bytes."""
    kind = type(buffer)
    if kind is bytearray:
        return buffer  # type: ignore[return-value] # just checked
    if kind is memoryview and buffer.format == "B" and buffer.ndim == 1:  # type: ignore[attr-defined]
        return buffer  # type: ignore[return-value] # just checked
    return as_view(buffer)


def as_views(buffers: Iterable[Buffer]) -> list[memoryview]:
    """Return *buffers* as views of bytes, without the empty ones."""
    # Most are views of bytes already: a call for each would cost twice as much.
    return [
        view
        for buffer in buffers
        if (
            view := buffer
            if type(buffer) is memoryview and buffer.format == "B" and buffer.ndim == 1
            else as_view(buffer)
        )
    ]


def bytes_in(buffers: Iterable[Buffer]) -> int:
    """Return how many bytes *buffers* hold together, whatever they are."""
    try:
        return sum(map(_nbytes, buffers))
    except AttributeError:
        return total(as_views(buffers))


def total(views: Views) -> int:
    """Return how many bytes *views* hold together."""
    return sum(map(len, views))


def advance(views: Views, count: int) -> list[memoryview]:
    """Return *views* without their first *count* bytes."""
    for index, view in enumerate(views):
        if count < len(view):
            return [view[count:], *views[index + 1 :]]
        count -= len(view)
    return []


def clip(views: Views, limit: int) -> Views:
    """Return the first *limit* bytes of *views*."""
    kept = []
    for view in views:
        if len(view) >= limit:
            kept.append(view[:limit])
            return kept
        kept.append(view)
        limit -= len(view)
    return views


def scatter(data: Buffer, views: Views) -> int:
    """Copy *data* into *views* and return how many bytes there was room for."""
    source = memoryview(data)
    done = 0
    for view in views:
        piece = source[done : done + len(view)]
        view[: len(piece)] = piece
        done += len(piece)
        if done == len(source):
            break
    return done


def gather(views: Views, limit: int) -> bytes:
    """Return the first *limit* bytes of *views* as one object."""
    return b"".join(clip(views, limit))
