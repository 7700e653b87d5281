"""The rules of RFC 6455 as cases: what comes, and what must be made of it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["CASES", "Case", "frame"]

KEY = b"\x11\xa2\x03\xf4"
SMILE = "😀".encode()


def frame(first: int, payload: bytes = b"", *, masked: bool, size: int | None = None, wide: int = 0) -> bytes:
    """Return one frame as it stands on the wire; *size* and *wide* give it a length that may be wrong."""
    size = len(payload) if size is None else size
    wide = wide or (0 if size < 126 else 2 if size < 65536 else 8)
    second = size if wide == 0 else 126 if wide == 2 else 127
    head = bytes((first, second | 0x80 * masked))
    head += b"" if wide == 0 else struct.pack(">H" if wide == 2 else ">Q", size)
    if not masked:
        return head + payload
    return head + KEY + bytes(byte ^ KEY[index & 3] for index, byte in enumerate(payload))


@dataclass(frozen=True)
class Part:
    """A frame to be made for either role."""

    first: int
    payload: bytes = b""
    size: int | None = None
    wide: int = 0
    wrong_mask: bool = False

    def wire(self, *, to_server: bool) -> bytes:
        masked = to_server is not self.wrong_mask
        return frame(self.first, self.payload, masked=masked, size=self.size, wide=self.wide)


@dataclass(frozen=True)
class Case:
    """One rule.

    Attributes:
        section: Where RFC 6455 has it.
        name: What comes.
        parts: The frames.
        payload: What a reader gets.
        outcome: ``open``, ``end``, ``cut`` at the wire's end, ``failed N`` for a peer's code of failure, or
            ``refused N`` for a close with that code.
        sent: Opcodes and payloads of the control frames that are answered.
        text: Whether text is taken.
    """

    section: str
    name: str
    parts: tuple[Part, ...]
    payload: bytes = b""
    outcome: str = "open"
    sent: tuple[tuple[int, bytes], ...] = ()
    text: bool = False


def close(code: int, reason: bytes = b"") -> Part:
    return Part(0x88, code.to_bytes(2, "big") + reason)


def sizes() -> list[Case]:
    return [
        Case("5.2", f"a frame of {size} bytes", (Part(0x82, b"x" * size),), b"x" * size)
        for size in (0, 1, 124, 125, 126, 127, 65535, 65536, 65537)
    ]


def reserved() -> list[Case]:
    bits = [
        Case("5.2", f"reserved bits {bit:#x}", (Part(0x82 | bit, b"x"),), outcome="refused 1002")
        for bit in (0x10, 0x20, 0x40, 0x70)
    ]
    opcodes = [
        Case("5.2", f"opcode {code:#x}", (Part(0x80 | code, b"x"),), outcome="refused 1002")
        for code in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)
    ]
    return bits + opcodes


def closes() -> list[Case]:
    good = [
        Case("7.4", f"a close with {code}", (close(code),), b"", end, ((8, code.to_bytes(2, "big")),))
        for code, end in [
            (1000, "end"),
            (1001, "end"),
            *(
                (code, f"failed {code}")
                for code in (1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999)
            ),
        ]
    ]
    bad = [
        Case("7.4", f"a close with {code}", (close(code),), outcome="refused 1002")
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
    ]
    return good + bad


CASES: tuple[Case, ...] = (
    *sizes(),
    *reserved(),
    Case(
        "5.1", "the wrong masking for the role", (Part(0x82, b"x", wrong_mask=True),), outcome="refused 1002"
    ),
    Case("5.2", "16 bits for a length of 125", (Part(0x82, b"x" * 125, wide=2),), outcome="refused 1002"),
    Case(
        "5.2",
        "64 bits for a length of 65535",
        (Part(0x82, b"x", size=65535, wide=8),),
        outcome="refused 1002",
    ),
    Case(
        "5.2",
        "a length with its top bit set",
        (Part(0x82, b"x", size=1 << 63, wide=8),),
        outcome="refused 1002",
    ),
    Case("5.4", "a message in fragments", (Part(0x02, b"a"), Part(0x00, b"b"), Part(0x80, b"c")), b"abc"),
    Case("5.4", "empty fragments", (Part(0x02), Part(0x00), Part(0x80), Part(0x82, b"x")), b"x"),
    Case(
        "5.4",
        "a ping between fragments",
        (Part(0x02, b"a"), Part(0x89, b"p"), Part(0x80, b"b")),
        b"ab",
        sent=((0xA, b"p"),),
    ),
    Case("5.4", "a continuation of nothing", (Part(0x80, b"x"),), outcome="refused 1002"),
    Case("5.4", "an open continuation of nothing", (Part(0x00, b"x"),), outcome="refused 1002"),
    Case("5.4", "a new message inside one", (Part(0x02, b"a"), Part(0x82, b"b")), b"a", "refused 1002"),
    Case("5.4", "a continuation after the end", (Part(0x82, b"a"), Part(0x80, b"b")), b"a", "refused 1002"),
    Case("5.5", "a ping of 126 bytes", (Part(0x89, b"x" * 126),), outcome="refused 1002"),
    Case("5.5", "a close of 126 bytes", (Part(0x88, b"\x03\xe8" + b"x" * 124),), outcome="refused 1002"),
    Case("5.5", "a ping in fragments", (Part(0x09, b"x"),), outcome="refused 1002"),
    Case("5.5", "a close in fragments", (Part(0x08, b"\x03\xe8"),), outcome="refused 1002"),
    Case("5.5.2", "an empty ping", (Part(0x89),), sent=((0xA, b""),)),
    Case("5.5.2", "a ping of 125 bytes", (Part(0x89, b"x" * 125),), sent=((0xA, b"x" * 125),)),
    Case("5.5.3", "a pong that nobody asked for", (Part(0x8A, b"x"), Part(0x82, b"d")), b"d"),
    Case("5.5.1", "a close without a code", (Part(0x88),), outcome="end", sent=((8, b""),)),
    Case("5.5.1", "a close with one byte", (Part(0x88, b"\x03"),), outcome="refused 1002"),
    Case("5.5.1", "a close with a reason", (close(1000, SMILE),), outcome="end", sent=((8, b"\x03\xe8"),)),
    Case("5.5.1", "a reason that is no UTF-8", (close(1000, b"\xff"),), outcome="refused 1007"),
    Case("5.5.1", "data before a close", (Part(0x82, b"x"), close(1000)), b"x", "end", ((8, b"\x03\xe8"),)),
    Case("5.5.1", "data after a close", (close(1000), Part(0x82, b"x")), b"", "end", ((8, b"\x03\xe8"),)),
    Case("5.5.1", "a ping after a close", (close(1000), Part(0x89)), b"", "end", ((8, b"\x03\xe8"),)),
    *closes(),
    Case("5.6", "text that is not taken", (Part(0x81, b"x"),), outcome="refused 1003"),
    Case("5.6", "text", (Part(0x81, SMILE),), SMILE, text=True),
    Case(
        "5.6",
        "a character in two fragments",
        (Part(0x01, SMILE[:2]), Part(0x80, SMILE[2:])),
        SMILE,
        text=True,
    ),
    Case("8.1", "text that is no UTF-8", (Part(0x81, b"\xff"),), outcome="refused 1007", text=True),
    Case("8.1", "a surrogate in text", (Part(0x81, b"\xed\xa0\x80"),), outcome="refused 1007", text=True),
    Case("8.1", "an overlong character", (Part(0x81, b"\xc0\xaf"),), outcome="refused 1007", text=True),
    Case("5.6", "binary that is no UTF-8", (Part(0x82, b"\xff"),), b"\xff", text=True),
    Case("7.1.7", "the end between frames", (Part(0x82, b"x"),), b"x", "cut"),
    Case("7.1.7", "the end inside a frame", (Part(0x82, b"x", size=5),), b"x", "cut"),
    Case("7.1.7", "the end inside a message", (Part(0x02, b"x"),), b"x", "cut"),
)
