"""An asciicast: broken at a line, or events whose output, recorded again, is the same bytes."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from iochan.chardev.cast import CastWriter
from iochan.chardev.castfile import CastEvent, CastFile
from iochan.chardev.errors import CastError


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    events: list[CastEvent] = []
    try:
        cast = CastFile(io.BytesIO(data))
        events.extend(cast)
    except CastError as error:
        assert 1 <= error.line <= data.count(b"\n") + 1
        assert str(error).isprintable(), str(error)
        return
    assert all(event.seconds >= 0 for event in events)
    output = [event.data for event in events if event.code == "o"]
    assert output_of_a_new_one(output, cast.version) == b"".join(output)


def output_of_a_new_one(pieces: list[bytes], version: int) -> bytes:
    """Return what an asciicast of *pieces* plays."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "cast"
        writer = CastWriter(str(path), version=version)
        for piece in pieces:
            writer.output(piece)
        writer.close()
        return b"".join(event.data for event in CastFile(io.BytesIO(path.read_bytes())))
