"""The ``iochan`` command: one file a subcommand."""
