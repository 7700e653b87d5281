"""Authorisation by the system's own account rules."""
