"""The vectors of NIST, NESSIE and the RFCs that cryptography publishes, through each backend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import cryptography_vectors
import pytest

from iochan.crypto.backend import Backend
from iochan.crypto.choice import backends
from iochan.crypto.cipher import Cipher, cipher_supports, key_length
from iochan.crypto.hash import hash_hex, hash_supports
from iochan.crypto.mac import Hmac

BACKENDS = [name for name, one in backends() if isinstance(one, Backend)]
Record = dict[str, str]

CIPHERS = {
    "aes-128-cbc": ("ciphers/AES/CBC/CBCGFSbox128.rsp", "PLAINTEXT", "CIPHERTEXT"),
    "aes-192-cbc": ("ciphers/AES/CBC/CBCVarKey192.rsp", "PLAINTEXT", "CIPHERTEXT"),
    "aes-256-cbc": ("ciphers/AES/CBC/CBCMMT256.rsp", "PLAINTEXT", "CIPHERTEXT"),
    "aes-128-ecb": ("ciphers/AES/ECB/ECBKeySbox128.rsp", "PLAINTEXT", "CIPHERTEXT"),
    "aes-256-ecb": ("ciphers/AES/ECB/ECBMMT256.rsp", "PLAINTEXT", "CIPHERTEXT"),
    "3des-cbc": ("ciphers/3DES/CBC/TCBCMMT3.rsp", "PLAINTEXT", "CIPHERTEXT"),
    "3des-ecb": ("ciphers/3DES/ECB/TECBMMT3.rsp", "PLAINTEXT", "CIPHERTEXT"),
    "cast5-128-cbc": ("ciphers/CAST5/cast5-cbc.txt", "PLAINTEXT", "CIPHERTEXT"),
    "camellia-128-cbc": ("ciphers/Camellia/camellia-cbc.txt", "PLAINTEXT", "CIPHERTEXT"),
}
HASHES = {
    "sha1": "hashes/SHA1/SHA1ShortMsg.rsp",
    "sha256": "hashes/SHA2/SHA256ShortMsg.rsp",
    "sha512": "hashes/SHA2/SHA512ShortMsg.rsp",
    "sha3-256": "hashes/SHA3/SHA3_256ShortMsg.rsp",
}


@cache
def records(path: str) -> list[Record]:
    """Return the records of a file: each ends where a key of it comes again, or at a blank line."""

    def walk() -> Iterator[Record]:
        record: Record = {}
        with cryptography_vectors.open_vector_file(path, "r") as file:
            for line in file:
                match = re.fullmatch(r"\s*(\w+)\s*=\s*([0-9a-fA-F\"][\w \".]*|)\s*", line)
                if match is None:
                    if record and not line.strip():
                        yield record
                        record = {}
                    continue
                record[match[1].upper()] = match[2].strip('"')
        if record:
            yield record

    return list(walk())


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CIPHERS)
def test_ciphers(name: str, backend: str) -> None:
    path, plain_name, secret_name = CIPHERS[name]
    algorithm, _, mode = name.rpartition("-")
    if not cipher_supports(algorithm, mode, backend):
        assert cipher_supports(algorithm, mode)
        return
    done = 0
    for record in records(path):
        if not {plain_name, secret_name} <= record.keys():
            continue
        key = record.get("KEY") or "".join(record.get(f"KEY{number}", "") for number in (1, 2, 3))
        if len(key) != 2 * key_length(algorithm, mode):
            continue  # the file has keys of all lengths
        cipher = Cipher(algorithm, mode, bytes.fromhex(key), backend)
        if mode != "ecb":
            cipher.set_iv(bytes.fromhex(record["IV"]))
        plain, secret = bytes.fromhex(record[plain_name]), bytes.fromhex(record[secret_name])
        assert cipher.encrypt(plain) == secret
        assert cipher.decrypt(secret) == plain
        done += 1
    assert done >= 1, f"no record of {path} was used"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "sha3-256"])
def test_hashes(algorithm: str, backend: str) -> None:
    assert hash_supports(algorithm, backend), f"{backend} has no {algorithm}"
    done = 0
    for record in records(HASHES[algorithm]):
        if "MSG" not in record:
            continue
        message = b"" if record["LEN"] == "0" else bytes.fromhex(record["MSG"])
        assert hash_hex(algorithm, message, backend) == record["MD"].lower()
        done += 1
    assert done > 50


@pytest.mark.parametrize("backend", BACKENDS)
def test_hmac(backend: str) -> None:
    done = 0
    for record in records("HMAC/rfc-2202-sha1.txt"):
        if not {"KEY", "MSG", "MD"} <= record.keys():
            continue
        code = Hmac("sha1", bytes.fromhex(record["KEY"]), backend)
        code.update(bytes.fromhex(record["MSG"]))
        assert code.hexdigest() == record["MD"].lower()
        done += 1
    assert done >= 5
