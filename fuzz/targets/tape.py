"""A tape: whole or byte by byte it gives the same records and the same error, and no more than it holds."""

from __future__ import annotations

from iochan.layers.errors import TapeError
from iochan.layers.tape import MAX_PAYLOAD, Kind, Record, TapeReader, pack_gap, pack_record


def take_apart(tape: bytes, step: int) -> tuple[list[Record], str, TapeReader]:
    """Return the records of *tape* fed *step* bytes at a time, the error if there is one, and the reader."""
    reader, records = TapeReader(), []
    try:
        for start in range(0, len(tape), step):
            reader.feed(tape[start : start + step])
            while (record := reader.next_record()) is not None:
                records.append(record)
    except TapeError as error:
        assert 0 <= error.offset <= len(tape), f"an error at {error.offset} of {len(tape)}"
        return records, str(error), reader
    return records, "", reader


def one_input(data: bytes) -> None:
    """Check one input; any exception is a finding."""
    records, error, reader = take_apart(data, max(1, len(data)))
    # Long inputs in larger steps: what matters is that parts come apart everywhere.
    again, same_error, slow = take_apart(data, 1 + len(data) // 2000)
    assert again == records
    # An incomplete start is shown in an error as far as it has come.
    assert bool(same_error) == bool(error)
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
