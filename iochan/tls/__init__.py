"""TLS over any channel, and the credentials for it."""
