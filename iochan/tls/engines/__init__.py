"""What does the cryptography of a TLS session: bytes in, bytes out, no I/O."""
