"""One channel for every byte stream; every protection a stacked layer."""
