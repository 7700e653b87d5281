"""The backends that come with iochan."""
