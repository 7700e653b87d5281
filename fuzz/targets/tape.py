"""A tape: whole or byte by byte it gives the same records and the same error, and no more than it holds."""

from __future__ import annotations

from iochan.layers.errors import TapeError
from iochan.layers.tape import MAX_PAYLOAD, Kind, Record, TapeReader, pack_gap, pack_record


def take_apart(tape: bytes, step: int) -> tuple[list[Record], int | None, TapeReader]:
    """Return the records of *tape* fed *step* bytes at a time, the offset of the error, and the reader."""
    reader, records = TapeReader(), []
    try:
        for start in range(0, len(tape), step):
            reader.feed(tape[start : start + step])
            while (record := reader.next_record()) is not None:
                records.append(record)
    except TapeError as broken:
        return records, broken.offset, reader
    return records, None, reader


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    records, error, reader = take_apart(data, max(1, len(data)))
    # Long inputs in larger steps: what matters is that parts come apart everywhere.
    again, same_error, slow = take_apart(data, 1 + len(data) // 2000)
    assert again == records
    assert same_error == error
    assert error is None or 0 <= error <= len(data), f"an error at {error} of {len(data)}"
    assert slow.offset == reader.offset
    assert all(len(record.payload) <= MAX_PAYLOAD for record in records)
    if reader.header is not None:
        check_written_again(data, records, reader)


def check_written_again(data: bytes, records: list[Record], reader: TapeReader) -> None:
    """The records, packed again, are the bytes that they were taken from."""
    first = records[0].offset if records else reader.offset
    again, nanos = b"", 0
    for record in records:
        delta = record.nanos - nanos
        nanos = record.nanos
        if record.kind is Kind.GAP:
            again += pack_gap(record.sender, delta, record.gap)
        else:
            again += pack_record(record.sender, record.kind, delta, record.payload)
    assert again == data[first : reader.offset]
