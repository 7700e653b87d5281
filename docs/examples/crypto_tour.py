"""Ciphers, hashes, codes and keys, whatever library does the work."""

from __future__ import annotations

from iochan.crypto import Cipher, Hmac, cipher_supports, hash_hex, pbkdf2, random_bytes

print(hash_hex("sha256", [b"one message ", b"in two pieces"]))

key = pbkdf2("sha256", b"a password", b"and its salt", iterations=10_000, length=32)
code = Hmac("sha256", key)
code.update(b"what is said")
print(code.hexdigest()[:16])

cipher = Cipher("aes-256", "gcm", key)
cipher.set_iv(nonce := random_bytes(12))
cipher.authenticate(b"in the clear")
secret, tag = cipher.encrypt(b"not in the clear"), cipher.tag()

cipher.set_iv(nonce)
cipher.authenticate(b"in the clear")
print(cipher.decrypt(secret))
cipher.verify(tag)

print("aes-256-xts:", cipher_supports("aes-256", "xts"))
print("by hashlib:", cipher_supports("aes-256", "xts", "hashlib"))
