"""The vectors of NIST, NESSIE and the RFCs that cryptography publishes, through each backend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import cryptography_vectors
import pytest

from iochan.crypto.backend import Backend
from iochan.crypto.choice import backends
from iochan.crypto.cipher import Cipher, block_length, cipher_supports, key_length
from iochan.crypto.hash import hash_hex, hash_supports
from iochan.crypto.kdf import hkdf, kdf_supports, pbkdf2
from iochan.crypto.mac import Cmac, Hmac, cmac_supports, hmac_supports

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
    "aes-128-ctr": ("ciphers/AES/CTR/aes-128-ctr.txt", "PLAINTEXT", "CIPHERTEXT"),
    "aes-256-ctr": ("ciphers/AES/CTR/aes-256-ctr.txt", "PLAINTEXT", "CIPHERTEXT"),
    "aes-128-xts": ("ciphers/AES/XTS/tweak-128hexstr/XTSGenAES128.rsp", "PT", "CT"),
    "aes-256-xts": ("ciphers/AES/XTS/tweak-128hexstr/XTSGenAES256.rsp", "PT", "CT"),
    "sm4-ecb": ("ciphers/SM4/draft-ribose-cfrg-sm4-10-ecb.txt", "PLAINTEXT", "CIPHERTEXT"),
    "sm4-cbc": ("ciphers/SM4/draft-ribose-cfrg-sm4-10-cbc.txt", "PLAINTEXT", "CIPHERTEXT"),
    "sm4-ctr": ("ciphers/SM4/draft-ribose-cfrg-sm4-10-ctr.txt", "PLAINTEXT", "CIPHERTEXT"),
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
    """Return the records of a file: each begins with a count, or without one ends at a blank line."""

    def walk() -> Iterator[Record]:
        record: Record = {}
        with cryptography_vectors.open_vector_file(path, "r") as file:
            for line in file:
                match = re.fullmatch(r"\s*(\w+)\s*=\s*(.*?)\s*", line)
                ends = match[1].upper() == "COUNT" if match else not line.strip() and "COUNT" not in record
                if ends and record:
                    yield record
                    record = {}
                if match is not None:
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
        if len(record[plain_name]) % (2 * block_length(algorithm)):
            continue  # QEMU's rule, and so ours: whole blocks
        if record.get("DATAUNITLEN", "128") not in {"128", "256"}:
            continue  # a length in bits that makes no whole bytes, filled up with zeros
        cipher = Cipher(algorithm, mode, bytes.fromhex(key), backend)
        if mode != "ecb":
            cipher.set_iv(bytes.fromhex(record.get("IV") or record["I"]))
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
@pytest.mark.parametrize("bits", [128, 192, 256])
def test_gcm(bits: int, backend: str) -> None:
    if not cipher_supports(f"aes-{bits}", "gcm", backend):
        assert backend == "hashlib"
        return
    done = 0
    # The file has 7,875 records; every 25th has all lengths of text, data and nonce among it.
    for record in records(f"ciphers/AES/GCM/gcmEncryptExtIV{bits}.rsp")[::25]:
        nonce = bytes.fromhex(record.get("IV", ""))
        if len(record.get("TAG", "")) != 32 or not 8 <= len(nonce) <= 128:
            continue
        cipher = Cipher(f"aes-{bits}", "gcm", bytes.fromhex(record["KEY"]), backend)
        cipher.set_iv(nonce)
        cipher.authenticate(bytes.fromhex(record["AAD"]))
        assert cipher.encrypt(bytes.fromhex(record["PT"])) == bytes.fromhex(record["CT"])
        assert cipher.tag() == bytes.fromhex(record["TAG"])
        cipher.set_iv(nonce)
        cipher.authenticate(bytes.fromhex(record["AAD"]))
        assert cipher.decrypt(bytes.fromhex(record["CT"])) == bytes.fromhex(record["PT"])
        cipher.verify(bytes.fromhex(record["TAG"]))
        done += 1
    assert done > 20


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("algorithm", "path"),
    [
        ("md5", "rfc-2202-md5.txt"),
        ("sha1", "rfc-2202-sha1.txt"),
        ("ripemd160", "rfc-2286-ripemd160.txt"),
        ("sha256", "rfc-4231-sha256.txt"),
        ("sha512", "rfc-4231-sha512.txt"),
    ],
)
def test_hmac(algorithm: str, path: str, backend: str) -> None:
    if not hmac_supports(algorithm, backend):
        assert hmac_supports(algorithm)
        return
    done = 0
    for record in records(f"HMAC/{path}"):
        if not {"KEY", "MSG", "MD"} <= record.keys():
            continue
        code = Hmac(algorithm, bytes.fromhex(record["KEY"]), backend)
        code.update(bytes.fromhex(record["MSG"]))
        assert code.hexdigest() == record["MD"].lower()
        done += 1
    assert done >= 5


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bits", [128, 192, 256])
def test_cmac(bits: int, backend: str) -> None:
    if not cmac_supports(f"aes-{bits}", backend):
        assert backend == "hashlib"
        return
    done = 0
    for record in records(f"CMAC/nist-800-38b-aes{bits}.txt"):
        code = Cmac(f"aes-{bits}", bytes.fromhex(record["KEY"]), backend)
        code.update(bytes.fromhex(record["MESSAGE"]))
        assert code.hexdigest() == record["OUTPUT"]
        done += 1
    assert done >= 4


@pytest.mark.parametrize("backend", BACKENDS)
def test_pbkdf2(backend: str) -> None:
    done = 0
    for record in records("KDF/rfc-6070-PBKDF2-SHA1.txt"):
        if int(record["ITERATIONS"]) > 4096:
            continue  # sixteen million take seconds
        password, salt = (record[name].replace("\\0", "\0").encode() for name in ("PASSWORD", "SALT"))
        key = pbkdf2("sha1", password, salt, int(record["ITERATIONS"]), int(record["LENGTH"]), backend)
        assert key.hex() == record["DERIVED_KEY"]
        done += 1
    assert done >= 4


@pytest.mark.parametrize("backend", BACKENDS)
def test_hkdf(backend: str) -> None:
    if not kdf_supports("hkdf", "sha256", backend):
        assert kdf_supports("hkdf", "sha256")
        return
    done = 0
    for record in records("KDF/rfc-5869-HKDF-SHA256.txt"):
        if "OKM" not in record:
            continue
        key = hkdf(
            "sha256",
            bytes.fromhex(record["IKM"]),
            salt=bytes.fromhex(record["SALT"]),
            info=bytes.fromhex(record["INFO"]),
            length=int(record["L"]),
            backend=backend,
        )
        assert key.hex() == record["OKM"]
        done += 1
    assert done >= 3
