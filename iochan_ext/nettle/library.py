"""libnettle, and what its own tables say it has.

Declared are the functions of nettle 3.6 to 3.10, which share the soname ``libnettle.so.8``; nettle 4 changed
the arguments of the digests, so another major version is refused. Sizes of contexts come from the tables;
DES, which no table lists, and the records of GCM and CMAC have the sizes that the soname stands for.
"""

from __future__ import annotations

from typing import Any, Final

from cffi import FFI

from iochan.crypto.errors import BackendMissing
from iochan_ext.sharedlib import open_library

__all__ = ["Library", "ffi"]

_MAJOR: Final = 3
_DES_CONTEXT: Final = 128  # 32 words of a key schedule

ffi: Any = FFI()
ffi.cdef("""
typedef void cipher_fn(const void *ctx, size_t length, void *dst, const void *src);
typedef void set_key_fn(void *ctx, const void *key);
typedef void init_fn(void *ctx);
typedef void update_fn(void *ctx, size_t length, const void *src);
typedef void digest_fn(void *ctx, size_t length, void *dst);

struct nettle_cipher {
  const char *name;
  unsigned context_size, block_size, key_size;
  set_key_fn *set_encrypt_key, *set_decrypt_key;
  cipher_fn *encrypt, *decrypt;
};
struct nettle_hash {
  const char *name;
  unsigned context_size, digest_size, block_size;
  init_fn *init;
  update_fn *update;
  digest_fn *digest;
};
struct nettle_mac {
  const char *name;
  unsigned context_size, digest_size, key_size;
  set_key_fn *set_key;
  update_fn *update;
  digest_fn *digest;
};
const struct nettle_cipher *const *nettle_get_ciphers(void);
const struct nettle_hash *const *nettle_get_hashes(void);
const struct nettle_mac *const *nettle_get_macs(void);
int nettle_version_major(void);
int nettle_version_minor(void);

set_key_fn nettle_des_set_key, nettle_des3_set_key;
cipher_fn nettle_des_encrypt, nettle_des_decrypt, nettle_des3_encrypt, nettle_des3_decrypt;

void nettle_cbc_encrypt(const void *ctx, cipher_fn *f, size_t block, void *iv, size_t length, void *dst,
                        const void *src);
void nettle_cbc_decrypt(const void *ctx, cipher_fn *f, size_t block, void *iv, size_t length, void *dst,
                        const void *src);
void nettle_cbc_aes128_encrypt(const void *ctx, void *iv, size_t length, void *dst, const void *src);
void nettle_cbc_aes192_encrypt(const void *ctx, void *iv, size_t length, void *dst, const void *src);
void nettle_cbc_aes256_encrypt(const void *ctx, void *iv, size_t length, void *dst, const void *src);
void nettle_ctr_crypt(const void *ctx, cipher_fn *f, size_t block, void *ctr, size_t length, void *dst,
                      const void *src);
void nettle_xts_encrypt_message(const void *ctx, const void *tweak_ctx, cipher_fn *encrypt, const void *tweak,
                                size_t length, void *dst, const void *src);
void nettle_xts_decrypt_message(const void *ctx, const void *tweak_ctx, cipher_fn *decrypt,
                                cipher_fn *encrypt, const void *tweak, size_t length, void *dst,
                                const void *src);

void nettle_gcm_set_key(void *key, const void *ctx, cipher_fn *f);
void nettle_gcm_set_iv(void *state, const void *key, size_t length, const void *iv);
void nettle_gcm_update(void *state, const void *key, size_t length, const void *data);
void nettle_gcm_encrypt(void *state, const void *key, const void *ctx, cipher_fn *f, size_t length, void *dst,
                        const void *src);
void nettle_gcm_decrypt(void *state, const void *key, const void *ctx, cipher_fn *f, size_t length, void *dst,
                        const void *src);
void nettle_gcm_digest(void *state, const void *key, const void *ctx, cipher_fn *f, size_t length,
                       void *digest);

void nettle_hmac_set_key(void *outer, void *inner, void *state, const struct nettle_hash *hash, size_t length,
                         const void *key);
void nettle_hmac_digest(const void *outer, const void *inner, void *state, const struct nettle_hash *hash,
                        size_t length, void *digest);

void nettle_cmac128_set_key(void *key, const void *ctx, cipher_fn *f);
void nettle_cmac128_init(void *state);
void nettle_cmac128_update(void *state, const void *ctx, cipher_fn *f, size_t length, const void *src);
void nettle_cmac128_digest(void *state, const void *key, const void *ctx, cipher_fn *f, unsigned length,
                           void *digest);
void nettle_cmac64_set_key(void *key, const void *ctx, cipher_fn *f);
void nettle_cmac64_init(void *state);
void nettle_cmac64_update(void *state, const void *ctx, cipher_fn *f, size_t length, const void *src);
void nettle_cmac64_digest(void *state, const void *key, const void *ctx, cipher_fn *f, unsigned length,
                          void *digest);

void nettle_pbkdf2(void *mac, update_fn *update, digest_fn *digest, size_t digest_size, unsigned iterations,
                   size_t salt_length, const void *salt, size_t length, void *dst);
void nettle_hkdf_extract(void *mac, update_fn *update, digest_fn *digest, size_t digest_size,
                         size_t secret_length, const void *secret, void *dst);
void nettle_hkdf_expand(void *mac, update_fn *update, digest_fn *digest, size_t digest_size,
                        size_t info_length, const void *info, size_t length, void *dst);
""")


class Library:
    """The functions of libnettle, and its tables by the names that they give.

    Raises:
        BackendMissing: There is no libnettle, or none of a version that is known.
    """

    def __init__(self) -> None:
        self.lib = open_library(ffi, "nettle", ("libnettle.so.8", "libnettle.so"), "libnettle8")
        major, minor = self.lib.nettle_version_major(), self.lib.nettle_version_minor()
        self.version = f"{major}.{minor}"
        if major != _MAJOR:
            message = (
                f"the crypto backend nettle knows version {_MAJOR}, not {self.version}: install libnettle8"
            )
            raise BackendMissing(message)
        self.ciphers = {
            **_by_name(self.lib.nettle_get_ciphers()),
            "des": self._des(self.lib, "des", _DES_CONTEXT),
            "des3": self._des(self.lib, "des3", 3 * _DES_CONTEXT),
        }
        self.hashes = _by_name(self.lib.nettle_get_hashes())
        self.macs = _by_name(self.lib.nettle_get_macs())

    def has(self, *names: str) -> bool:
        """Tell whether the library has all functions of these names."""
        return all(hasattr(self.lib, name) for name in names)

    @staticmethod
    def _des(lib: Any, name: str, size: int) -> Any:
        """Return an entry as nettle's own table would have it (a weak key is set, and no error here)."""
        set_key = getattr(lib, f"nettle_{name}_set_key")
        table = ffi.new("struct nettle_cipher *")
        table.context_size, table.block_size = size, 8
        table.set_encrypt_key = table.set_decrypt_key = set_key
        table.encrypt = getattr(lib, f"nettle_{name}_encrypt")
        table.decrypt = getattr(lib, f"nettle_{name}_decrypt")
        return table


def _by_name(table: Any) -> dict[str, Any]:
    """Return the entries of one of nettle's lists, which a null pointer ends."""
    entries: dict[str, Any] = {}
    while table[len(entries)]:
        entry = table[len(entries)]
        entries[ffi.string(entry.name).decode()] = entry
    return entries
