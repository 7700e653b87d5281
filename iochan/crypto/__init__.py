"""Ciphers, hashes, MACs and key derivation, whatever library does the work."""
