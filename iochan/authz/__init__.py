"""Who may come in: lists, files and services that are asked for a peer's name."""
