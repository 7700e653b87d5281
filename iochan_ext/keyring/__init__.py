"""Secrets that lie in the kernel's keyring."""
