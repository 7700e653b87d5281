"""The header of LUKS version 1 (LUKS On-Disk Format Specification 1.2.3, chapter 3), without any I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Final

from iochan.core.errors import CryptoError, show_bytes, show_known, show_text
from iochan.crypto.block.errors import LuksError
from iochan.crypto.errors import UnknownAlgorithm
from iochan.crypto.ivgen import essiv_cipher
from iochan.crypto.names import CipherAlgorithm, CipherMode, HashAlgorithm, IvAlgorithm, named

__all__ = [
    "DIGEST_LENGTH",
    "HEADER_LENGTH",
    "MAGIC",
    "MAX_ITERATIONS",
    "SALT_LENGTH",
    "SECTOR",
    "SLOTS",
    "STRIPES",
    "KeySlot",
    "LuksHeader",
    "pack_header",
    "parse_header",
    "slot_sectors",
]

MAGIC: Final = b"LUKS\xba\xbe"
SECTOR: Final = 512
"""Bytes of a sector, of key material and of the payload."""
SLOTS: Final = 8
STRIPES: Final = 4000
"""How many stripes a key is spread over: the format allows others, nobody writes them."""
SALT_LENGTH: Final = 32
DIGEST_LENGTH: Final = 20
MAX_ITERATIONS: Final = (1 << 31) - 1
_ALIGNED: Final = 4096 // SECTOR

_FIXED: Final = struct.Struct(">6sH32s32s32sII20s32sI40s")
_SLOT: Final = struct.Struct(">II32sII")
HEADER_LENGTH: Final = _FIXED.size + SLOTS * _SLOT.size
"""Bytes of a header, 592."""
_HEADER_SECTORS: Final = (HEADER_LENGTH + SECTOR - 1) // SECTOR

_DISABLED: Final = 0x0000DEAD
_ENABLED: Final = 0x00AC71F3

_FAMILIES: Final = ("aes", "camellia", "cast5", "serpent", "sm4", "twofish")
_MODES: Final = (CipherMode.CBC, CipherMode.CTR, CipherMode.ECB, CipherMode.XTS)


@dataclass(frozen=True, slots=True)
class KeySlot:
    """One of the eight places for a password.

    Attributes:
        active: Whether it holds one.
        iterations: Of PBKDF2, for the password.
        salt: For the password.
        offset: The sector where its key material begins.
        stripes: How many stripes the material has.
    """

    active: bool
    iterations: int
    salt: bytes
    offset: int
    stripes: int = STRIPES

    @classmethod
    def empty(cls, offset: int) -> KeySlot:
        """Return a slot that holds no password, with room for its material from the sector *offset* on."""
        return cls(active=False, iterations=0, salt=bytes(SALT_LENGTH), offset=offset)


@dataclass(frozen=True, slots=True)
class LuksHeader:
    """What a header says, checked.

    Attributes:
        algorithm: The cipher of the payload and of the key material.
        mode: Its mode.
        ivgen: What makes the vectors of its sectors.
        iv_hash: The hash of *ivgen*, where that is essiv.
        hash: The hash of PBKDF2 and of the splitter.
        payload: The sector where the payload begins; 0 where the header lies apart.
        key_length: Bytes of the master key.
        digest: What tells whether a master key is the right one.
        digest_salt: Its salt.
        digest_iterations: Its iterations.
        uuid: The image's own name.
        slots: The eight key slots.
    """

    algorithm: CipherAlgorithm
    mode: CipherMode
    ivgen: IvAlgorithm
    iv_hash: HashAlgorithm | None
    hash: HashAlgorithm
    payload: int
    key_length: int
    digest: bytes
    digest_salt: bytes
    digest_iterations: int
    uuid: str
    slots: tuple[KeySlot, ...]

    @property
    def detached(self) -> bool:
        """Whether the payload lies elsewhere, from its first byte on (cryptsetup and QEMU write it so)."""
        return self.payload == 0

    @property
    def active(self) -> list[int]:
        """The numbers of the slots that hold a password."""
        return [number for number, slot in enumerate(self.slots) if slot.active]

    @property
    def material_length(self) -> int:
        """Bytes of a slot's key material, whole sectors."""
        return (self.key_length * STRIPES + SECTOR - 1) // SECTOR * SECTOR

    @property
    def mode_text(self) -> str:
        """The mode as it stands in a header, such as ``xts-plain64`` or ``cbc-essiv:sha256``."""
        suffix = "" if self.iv_hash is None else f":{self.iv_hash}"
        return f"{self.mode}-{self.ivgen}{suffix}"

    def with_slot(self, number: int, slot: KeySlot) -> LuksHeader:
        """Return a header that has *slot* as its slot *number*."""
        return replace(self, slots=(*self.slots[:number], slot, *self.slots[number + 1 :]))


def slot_sectors(key_length: int) -> int:
    """Return how many sectors a key slot takes, aligned to 4096 bytes as QEMU and cryptsetup do."""
    sectors = (key_length * STRIPES + SECTOR - 1) // SECTOR
    return (sectors + _ALIGNED - 1) // _ALIGNED * _ALIGNED


def parse_header(data: bytes) -> LuksHeader:
    """Return what *data*, at least `HEADER_LENGTH` bytes, says: the beginning of an image, or of its header.

    Raises:
        LuksError: It is no LUKS, LUKS of another version, or damaged; the message names the field.
    """
    if len(data) < HEADER_LENGTH or not data.startswith(MAGIC):
        message = f"no LUKS header: it begins with {show_bytes(data[:8])}, where {MAGIC!r} should be"
        raise LuksError(message)
    values = _FIXED.unpack_from(data)
    _, version, name, mode, hash_spec, payload, key_length, digest, salt, iterations, uuid = values
    if version != 1:
        cure = "only version 1 is read here, and `cryptsetup convert --type luks1` makes it of version 2"
        message = f"the image is LUKS version {version}: {cure}"
        raise LuksError(message)
    algorithm_name = _text(name, "cipher name")
    mode_text = _text(mode, "cipher mode")
    hash_text = _text(hash_spec, "hash")
    cipher_mode, ivgen, iv_hash = _parse_mode(mode_text)
    algorithm = _parse_cipher(algorithm_name, cipher_mode, key_length)
    if iv_hash is not None:
        _check_essiv(algorithm, mode_text, iv_hash)
    slots = tuple(_parse_slot(data, number) for number in range(SLOTS))
    header = LuksHeader(
        algorithm=algorithm,
        mode=cipher_mode,
        ivgen=ivgen,
        iv_hash=iv_hash,
        hash=_parse_hash(hash_text, "hash"),
        payload=payload,
        key_length=key_length,
        digest=digest,
        digest_salt=salt,
        digest_iterations=iterations,
        uuid=_text(uuid, "uuid", empty=True),
        slots=slots,
    )
    _check(header)
    return header


def pack_header(header: LuksHeader) -> bytes:
    """Return the bytes of *header*: the counterpart of `parse_header`."""
    fixed = _FIXED.pack(
        MAGIC,
        1,
        header.algorithm.rpartition("-")[0].encode("ascii") or header.algorithm.encode("ascii"),
        header.mode_text.encode("ascii"),
        header.hash.encode("ascii"),
        header.payload,
        header.key_length,
        header.digest,
        header.digest_salt,
        header.digest_iterations,
        header.uuid.encode("ascii"),
    )
    return fixed + b"".join(
        _SLOT.pack(
            _ENABLED if slot.active else _DISABLED, slot.iterations, slot.salt, slot.offset, slot.stripes
        )
        for slot in header.slots
    )


def _text(field: bytes, what: str, *, empty: bool = False) -> str:
    text, end, _ = field.partition(b"\0")
    if not end:
        message = f"the LUKS {what} does not end within its {len(field)} bytes: the header is damaged"
        raise LuksError(message)
    if not text and not empty:
        message = f"the LUKS {what} is empty: the header is damaged"
        raise LuksError(message)
    try:
        return text.decode("ascii")
    except UnicodeDecodeError:
        message = f"the LUKS {what} {show_bytes(text)} is no ASCII: the header is damaged"
        raise LuksError(message) from None


def _parse_mode(text: str) -> tuple[CipherMode, IvAlgorithm, HashAlgorithm | None]:
    mode_name, dash, rest = text.partition("-")
    if not dash:
        message = f"the LUKS cipher mode {show_text(text)} has no '-' and vector generator: it is damaged"
        raise LuksError(message)
    if mode_name not in _MODES:
        message = f"unknown LUKS cipher mode {show_text(mode_name)} {show_known(mode_name, map(str, _MODES))}"
        raise LuksError(message)
    name, colon, hash_name = rest.partition(":")
    if not name:
        message = f"the LUKS cipher mode {show_text(text)} has no vector generator: it is damaged"
        raise LuksError(message)
    known = [generator.value for generator in IvAlgorithm]
    if name not in known:
        message = f"unknown LUKS vector generator {show_text(name)} {show_known(name, known)}"
        raise LuksError(message)
    if colon and not hash_name:
        message = f"the LUKS cipher mode {show_text(text)} has no hash behind ':': it is damaged"
        raise LuksError(message)
    ivgen = IvAlgorithm(name)
    if (ivgen is IvAlgorithm.ESSIV) != bool(colon):
        message = f"the LUKS cipher mode {show_text(text)}: essiv needs a hash, and nothing else has one"
        raise LuksError(message)
    return CipherMode(mode_name), ivgen, _parse_hash(hash_name, "vector hash") if colon else None


def _parse_hash(name: str, what: str) -> HashAlgorithm:
    try:
        return named(HashAlgorithm, name)
    except UnknownAlgorithm as error:
        message = f"the LUKS {what}: {error}"
        raise LuksError(message) from error


def _parse_cipher(name: str, mode: CipherMode, key_length: int) -> CipherAlgorithm:
    if name not in _FAMILIES:
        message = f"unknown LUKS cipher {show_text(name)} {show_known(name, _FAMILIES)}"
        raise LuksError(message)
    halves = 2 if mode is CipherMode.XTS else 1
    lengths = []
    for algorithm in CipherAlgorithm:
        if (algorithm.rpartition("-")[0] or algorithm.value) == name:
            lengths.append(algorithm.key_length * halves)
            if lengths[-1] == key_length:
                return algorithm
    wanted = ", ".join(map(str, lengths))
    message = f"the LUKS master key of {name}-{mode} has {key_length} bytes: it must have {wanted}"
    raise LuksError(message)


def _parse_slot(data: bytes, number: int) -> KeySlot:
    state, iterations, salt, offset, stripes = _SLOT.unpack_from(data, _FIXED.size + number * _SLOT.size)
    if state not in {_ENABLED, _DISABLED}:
        message = f"LUKS key slot {number} is in the unknown state {state:#010x}: the header is damaged"
        raise LuksError(message)
    return KeySlot(state == _ENABLED, iterations, salt, offset, stripes)


def _check_essiv(algorithm: CipherAlgorithm, mode_text: str, iv_hash: HashAlgorithm) -> None:
    try:
        essiv_cipher(algorithm, iv_hash)
    except CryptoError as error:
        message = f"the LUKS cipher mode {mode_text}: {error}"
        raise LuksError(message) from error


def _check(header: LuksHeader) -> None:
    if not 0 < header.digest_iterations <= MAX_ITERATIONS:
        message = (
            f"the LUKS master key's iterations are {header.digest_iterations}, not 1 to {MAX_ITERATIONS}: "
            "the header is damaged"
        )
        raise LuksError(message)
    if not header.detached and header.payload < _HEADER_SECTORS:
        message = f"the LUKS payload at sector {header.payload} overlaps the header: it is damaged"
        raise LuksError(message)
    size = header.material_length // SECTOR
    for number, slot in enumerate(header.slots):
        _check_slot(header, number, slot, size)
    for number, slot in enumerate(header.slots):
        for other in range(number + 1, SLOTS):
            if abs(slot.offset - header.slots[other].offset) < size:
                message = f"LUKS key slots {number} and {other} overlap: the header is damaged"
                raise LuksError(message)


def _check_slot(header: LuksHeader, number: int, slot: KeySlot, size: int) -> None:
    if slot.stripes != STRIPES:
        message = f"LUKS key slot {number} has {slot.stripes} stripes: {STRIPES} are what is written"
        raise LuksError(message)
    if slot.offset < _HEADER_SECTORS:
        message = f"LUKS key slot {number} at sector {slot.offset} overlaps the header: it is damaged"
        raise LuksError(message)
    if not header.detached and slot.offset + size > header.payload:
        message = f"LUKS key slot {number} at sector {slot.offset} overlaps the payload: it is damaged"
        raise LuksError(message)
    if slot.active and not 0 < slot.iterations <= MAX_ITERATIONS:
        message = (
            f"LUKS key slot {number} has {slot.iterations} iterations, not 1 to {MAX_ITERATIONS}: "
            "the header is damaged"
        )
        raise LuksError(message)
