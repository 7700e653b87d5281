"""libgcrypt, made ready once for the process, and its errors as exceptions."""

from __future__ import annotations

from typing import Any, Final

from cffi import FFI

from iochan.core.errors import CryptoError
from iochan_ext.sharedlib import open_library

__all__ = ["WEAK_KEY", "Library", "ffi"]

WEAK_KEY: Final = 43
_CODE: Final = 0xFFFF  # the rest of an error says which library made it
_DISABLE_SECMEM: Final = 37
_INITIALIZATION_FINISHED: Final = 38
_INITIALIZATION_FINISHED_P: Final = 39
_TEST_ALGO: Final = 8

ffi: Any = FFI()
ffi.cdef("""
const char *gcry_check_version(const char *wanted);
int gcry_control(int command, ...);
const char *gcry_strerror(unsigned error);

unsigned gcry_cipher_open(void **handle, int algorithm, int mode, unsigned flags);
void gcry_cipher_close(void *handle);
unsigned gcry_cipher_ctl(void *handle, int command, void *buffer, size_t length);
unsigned gcry_cipher_setkey(void *handle, const void *key, size_t length);
unsigned gcry_cipher_setiv(void *handle, const void *iv, size_t length);
unsigned gcry_cipher_setctr(void *handle, const void *counter, size_t length);
unsigned gcry_cipher_encrypt(void *handle, void *out, size_t out_size, const void *in, size_t length);
unsigned gcry_cipher_decrypt(void *handle, void *out, size_t out_size, const void *in, size_t length);
unsigned gcry_cipher_authenticate(void *handle, const void *data, size_t length);
unsigned gcry_cipher_gettag(void *handle, void *tag, size_t length);

unsigned gcry_md_algo_info(int algorithm, int what, void *buffer, size_t *count);
unsigned gcry_md_open(void **handle, int algorithm, unsigned flags);
void gcry_md_close(void *handle);
unsigned gcry_md_copy(void **copy, void *handle);
unsigned gcry_md_setkey(void *handle, const void *key, size_t length);
void gcry_md_write(void *handle, const void *data, size_t length);
void *gcry_md_read(void *handle, int algorithm);
void gcry_md_hash_buffer(int algorithm, void *digest, const void *data, size_t length);

unsigned gcry_kdf_derive(const void *key, size_t key_length, int kdf, int subalgorithm, const void *salt,
                         size_t salt_length, unsigned long iterations, size_t length, void *out);
unsigned gcry_kdf_open(void **handle, int kdf, int subalgorithm, const unsigned long *parameters,
                       unsigned count, const void *key, size_t key_length, const void *salt,
                       size_t salt_length, const void *secret, size_t secret_length, const void *data,
                       size_t data_length);
unsigned gcry_kdf_compute(void *handle, const void *threads);
unsigned gcry_kdf_final(void *handle, size_t length, void *out);
void gcry_kdf_close(void *handle);
""")


class Library:
    """The functions of libgcrypt.

    Raises:
        BackendMissing: There is no libgcrypt.
    """

    def __init__(self) -> None:
        self.lib = open_library(ffi, "libgcrypt", ("libgcrypt.so.20", "libgcrypt.so"), "libgcrypt20")
        self.version: str = ffi.string(self.lib.gcry_check_version(ffi.NULL)).decode()
        if not self.lib.gcry_control(_INITIALIZATION_FINISHED_P):
            # Locked memory is a small pool, and as a rule there is none for a process without privileges.
            self.lib.gcry_control(_DISABLE_SECMEM, ffi.cast("int", 0))
            self.lib.gcry_control(_INITIALIZATION_FINISHED, ffi.cast("int", 0))

    def check(self, error: int, what: str) -> None:
        """Raise what *error*, the outcome of *what*, means; 0 is success."""
        if error:
            raise CryptoError(f"libgcrypt: {what}: {ffi.string(self.lib.gcry_strerror(error)).decode()}")

    def has_hash(self, number: int) -> bool:
        """Tell whether the hash *number* is built in, and allowed where FIPS rules."""
        return not self.lib.gcry_md_algo_info(number, _TEST_ALGO, ffi.NULL, ffi.NULL)

    def has_cipher(self, number: int, mode: int) -> bool:
        """Tell whether the cipher *number* works in *mode*, which only opening it tells."""
        handle = ffi.new("void **")
        works = not self.lib.gcry_cipher_open(handle, number, mode, 0)
        if works:
            self.lib.gcry_cipher_close(handle[0])
        return works

    def is_weak(self, error: int) -> bool:
        """Tell whether *error* is of a key that is weak, and set nevertheless."""
        return error & _CODE == WEAK_KEY
